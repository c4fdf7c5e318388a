import { childEnv } from './child-env';

describe('childEnv', () => {
  it('lets overrides win over what is set, and what is set over defaults', () => {
    expect(childEnv({ PORT: '1' }, { PORT: '3', HOST: 'default', LANG: 'C' }, { PORT: '2', HOST: 'set' })).toEqual({
      PORT: '1',
      HOST: 'set',
      LANG: 'C',
    });
  });

  it('counts an empty value as not set', () => {
    expect(childEnv({}, { AWS_ACCESS_KEY_ID: 'local' }, { AWS_ACCESS_KEY_ID: '' })).toEqual({
      AWS_ACCESS_KEY_ID: 'local',
    });
  });
});
