/** As the API reference of OpenAI has it. */
export const openAi = {
  task: 'transcribe',
  language: 'english',
  duration: 12,
  text: 'The old mill. Good bye.',
  segments: [
    {
      id: 0,
      seek: 0,
      start: 0,
      end: 3.5,
      text: ' The old mill.',
      tokens: [50364],
      temperature: 0,
      avg_logprob: -0.2,
      compression_ratio: 1.2,
      no_speech_prob: 0.01,
    },
    {
      id: 1,
      seek: 0,
      start: 8,
      end: 9.25,
      text: ' Good bye.',
      tokens: [50500],
      temperature: 0,
      avg_logprob: -0.3,
      compression_ratio: 1.1,
      no_speech_prob: 0.02,
    },
  ],
  usage: { type: 'duration', seconds: 12 },
};
/** As `examples/server/server.cpp` of whisper.cpp writes it: words by token inside the segments. */
export const whisperCpp = {
  task: 'transcribe',
  language: 'english',
  duration: 12,
  text: ' The old mill.\n Good bye.\n',
  segments: [
    {
      id: 0,
      text: ' The old mill.',
      start: 0,
      end: 3.5,
      tokens: [383],
      temperature: 0,
      avg_logprob: -0.2,
      words: [{ word: ' The', start: 0, end: 0.5, t_dtw: -1, probability: 0.9 }],
      no_speech_prob: 0.01,
    },
    { id: 1, text: ' Good bye.', start: 8, end: 9.25, tokens: [4599], temperature: 0, avg_logprob: -0.3, words: [] },
  ],
};
/** As `routers/stt.py` of speaches writes it: the language as a code, words beside the segments. */
export const speaches = {
  ...openAi,
  language: 'en',
  words: [{ start: 0, end: 0.5, word: ' The', probability: 0.9 }],
};
export const expected = {
  language: 'en',
  text: 'The old mill. Good bye.',
  segments: [
    { startSeconds: 0, endSeconds: 3.5, text: 'The old mill.' },
    { startSeconds: 8, endSeconds: 9.25, text: 'Good bye.' },
  ],
};
