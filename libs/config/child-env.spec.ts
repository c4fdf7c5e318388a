import { childEnv } from './child-env';

describe('childEnv', () => {
  it('prefers overrides to the environment, and the environment to defaults', () => {
    expect(childEnv({ PORT: '1' }, { PORT: '3', HOST: 'default', LANG: 'C' }, { PORT: '2', HOST: 'set' })).toEqual({
      PORT: '1',
      HOST: 'set',
      LANG: 'C',
    });
  });

  it('treats an empty value as not set', () => {
    expect(childEnv({}, { AWS_ACCESS_KEY_ID: 'local' }, { AWS_ACCESS_KEY_ID: '' })).toEqual({
      AWS_ACCESS_KEY_ID: 'local',
    });
  });
});
