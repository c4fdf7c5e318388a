import { mean, toResult } from './local';

const harmless = { drawing: 0.05, hentai: 0, neutral: 0.9, porn: 0.02, sexy: 0.03 };

it('the worst picture decides, and what is merely suggestive is not flagged', () => {
  const suggestive = { ...harmless, neutral: 0.2, sexy: 0.73 };
  expect(toResult([harmless, suggestive])).toEqual({
    flagged: false,
    categories: [{ name: 'suggestive', confidence: 0.73 }],
  });
  const explicit = { ...harmless, neutral: 0.1, porn: 0.62, hentai: 0.2 };
  expect(toResult([suggestive, explicit, harmless])).toEqual({
    flagged: true,
    categories: [
      { name: 'suggestive', confidence: 0.73 },
      { name: 'explicit nudity', confidence: 0.62 },
      { name: 'explicit drawing', confidence: 0.2 },
    ],
  });
  expect(toResult([harmless])).toEqual({ flagged: false, categories: [] });
});

it('one of two models alone flags nothing', () => {
  const explicit = { ...harmless, neutral: 0.05, porn: 0.8 };
  expect(toResult([mean(harmless, explicit)]).flagged).toBe(false);
  expect(toResult([mean(explicit, explicit)]).flagged).toBe(true);
});
