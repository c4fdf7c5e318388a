import { join } from 'node:path';
import sharp from 'sharp';
import { AwsError, type AwsOperations } from '#testing';
import type { AnalysisSubject } from '../analyser';
import { aSubject, describeAnalyser } from '../analyser.contract';
import { startAccess, type TestAccess } from './aws.testing';
import { AwsSentiment } from './comprehend';
import { awsLabels, awsModeration, awsText } from './rekognition';

let aws: TestAccess;
const notAborted = new AbortController().signal;
const ignore = () => {};

const box = { Left: 0.1, Top: -0.02, Width: 0.5, Height: 0.4 };
const score = { Positive: 0.7, Negative: 0.1, Neutral: 0.2, Mixed: 0 };
const answers: AwsOperations = {
  DetectLabels: () => ({
    Labels: [
      {
        Name: 'Dog',
        Confidence: 99.1,
        Instances: [{ BoundingBox: box, Confidence: 99 }],
        Parents: [{ Name: 'Animal' }],
      },
      { Name: 'Beach', Confidence: 71 },
    ],
    LabelModelVersion: '3.0',
  }),
  DetectModerationLabels: () => ({
    ModerationLabels: [
      { Name: 'Beer', ParentName: 'Alcoholic Beverages', Confidence: 91, TaxonomyLevel: 3 },
      { Name: 'Alcohol', ParentName: '', Confidence: 91, TaxonomyLevel: 1 },
    ],
  }),
  DetectText: () => ({
    TextDetections: [
      { DetectedText: 'MENU', Type: 'LINE', Id: 0, Confidence: 98, Geometry: { BoundingBox: box } },
      { DetectedText: 'MENU', Type: 'WORD', Id: 1, ParentId: 0, Confidence: 98, Geometry: { BoundingBox: box } },
    ],
  }),
  DetectDominantLanguage: () => ({
    Languages: [
      { LanguageCode: 'fr', Score: 0.1 },
      { LanguageCode: 'de', Score: 0.9 },
    ],
  }),
  DetectSentiment: () => ({ Sentiment: 'POSITIVE', SentimentScore: score }),
  DetectKeyPhrases: () => ({
    KeyPhrases: [
      { Text: 'die Schule', Score: 0.99, BeginOffset: 0, EndOffset: 10 },
      { Text: 'Die Schule', Score: 0.9, BeginOffset: 20, EndOffset: 30 },
      { Text: 'der Fluss', Score: 0.999, BeginOffset: 40, EndOffset: 49 },
    ],
  }),
};

beforeAll(async () => {
  aws = await startAccess(answers);
  const path = join(aws.folder, 'a.webp');
  await sharp({ create: { width: 200, height: 120, channels: 3, background: 'green' } }).toFile(path);
});
afterAll(() => aws.stop());
beforeEach(() => {
  for (const name of Object.keys(aws.operations)) delete aws.operations[name];
  aws.requests.length = 0;
});

const picture = (overrides: Partial<AnalysisSubject> = {}) =>
  aSubject({
    folder: aws.folder,
    pictures: async () => [{ path: join(aws.folder, 'a.webp'), atSeconds: null }],
    ...overrides,
  });
const text = (content: string) => aSubject({ text: { source: 'description', content } });

describe('labels by Rekognition', () => {
  describeAnalyser('labels', { analyser: () => aws.open(awsLabels(aws.access)), subjectOf: picture });

  it('are in small letters, with boxes within the picture', async () => {
    const result = await aws.open(awsLabels(aws.access)).analyse(picture(), notAborted, ignore);
    expect(result).toEqual({
      labels: [
        { name: 'dog', confidence: expect.closeTo(0.991), atSeconds: [], boxes: [expect.objectContaining({ y: 0 })] },
        { name: 'beach', confidence: 0.71, boxes: [], atSeconds: [] },
      ],
      faces: null,
    });
  });

  it('of a film name the seconds, once for each label, in at most 5 requests', async () => {
    const frames = [1, 2, 3, 4, 5, 6].map((atSeconds) => ({ path: join(aws.folder, 'a.webp'), atSeconds }));
    const { labels } = await aws
      .open(awsLabels(aws.access))
      .analyse(picture({ kind: 'video', pictures: async () => frames }), notAborted, ignore);
    expect(labels.map(({ name, atSeconds, boxes }) => [name, atSeconds, boxes])).toEqual([
      ['dog', [1, 2, 3, 4, 5], []],
      ['beach', [1, 2, 3, 4, 5], []],
    ]);
    expect(aws.requests).toHaveLength(5);
  });
});

describe('moderation by Rekognition', () => {
  it('names alcohol, but flags what should be hidden only', async () => {
    const analyser = aws.open(awsModeration(aws.access));
    expect(await analyser.analyse(picture(), notAborted, ignore)).toEqual({
      flagged: false,
      categories: [
        { name: 'Beer', confidence: 0.91 },
        { name: 'Alcohol', confidence: 0.91 },
      ],
    });
    aws.operations.DetectModerationLabels = () => ({ ModerationLabels: [{ Name: 'Violence', Confidence: 80 }] });
    expect(await analyser.analyse(picture(), notAborted, ignore)).toMatchObject({ flagged: true });
  });
});

describe('text by Rekognition', () => {
  it('is in lines', async () => {
    const { lines } = await aws.open(awsText(aws.access)).analyse(picture(), notAborted, ignore);
    expect(lines).toEqual([expect.objectContaining({ text: 'MENU', confidence: 0.98, atSeconds: null })]);
  });

  it('waits while AWS throttles, and ends for what the picture causes', async () => {
    let requests = 0;
    aws.operations.DetectText = (input) => {
      if ((requests += 1) === 1) throw new AwsError('ThrottlingException');
      return answers.DetectText!(input);
    };
    const analyser = aws.open(awsText(aws.access));
    expect((await analyser.analyse(picture(), notAborted, ignore)).lines).toHaveLength(1);
    for (const [error, code, isRetryable] of [
      ['InvalidImageFormatException', 'analyser_refused', false],
      ['ImageTooLargeException', 'too_large', false],
      ['AccessDeniedException', 'analyser_unavailable', true],
    ] as const) {
      aws.operations.DetectText = () => {
        throw new AwsError(error);
      };
      await expect(analyser.analyse(picture(), notAborted, ignore)).rejects.toMatchObject({ code, isRetryable });
    }
    await expect(analyser.analyse(picture({ width: 79 }), notAborted, ignore)).rejects.toMatchObject({
      code: 'analyser_refused',
    });
  });
});

describe('sentiment by Comprehend', () => {
  describeAnalyser('sentiment', {
    analyser: () => aws.open(new AwsSentiment(aws.access)),
    subjectOf: () => text('Die Schule am Fluss ist schön.'),
  });

  it('of a long text is that of its parts, with what is said most first', async () => {
    const long = text('Die Schule am Fluss ist schön geworden. '.repeat(300));
    const result = await aws.open(new AwsSentiment(aws.access)).analyse(long, notAborted, ignore);
    expect(result).toMatchObject({ language: 'de', source: 'description', overall: 'positive' });
    expect(result.scores.positive).toBeCloseTo(0.7);
    expect(result.keyPhrases.map((phrase) => phrase.text)).toEqual(['die Schule', 'der Fluss']);
    expect(aws.requests.filter(({ operation }) => operation === 'DetectSentiment').length).toBeGreaterThan(1);
  });

  it('ends for a language that Comprehend does not read', async () => {
    aws.operations.DetectDominantLanguage = () => ({ Languages: [{ LanguageCode: 'nl', Score: 0.9 }] });
    const failed = aws.open(new AwsSentiment(aws.access)).analyse(text('Goedendag.'), notAborted, ignore);
    await expect(failed).rejects.toMatchObject({ code: 'language_unsupported', isRetryable: false });
  });
});
