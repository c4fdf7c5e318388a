/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/libs', '<rootDir>/services', '<rootDir>/deploy', '<rootDir>/tests'],
  testMatch: ['**/*.spec.ts'],
  // packages and tests of its own: npm run test:cdk
  modulePathIgnorePatterns: ['<rootDir>/deploy/aws/cdk/'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/deploy/aws/cdk/'],
  testTimeout: 30_000,
  maxWorkers: 3,
  testSequencer: '<rootDir>/libs/testing/sequencer.js',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  moduleNameMapper: {
    '^#(contracts|config|platform|media|nest|testing)$': '<rootDir>/libs/$1/index.ts',
    '^fauxqs$': '<rootDir>/node_modules/fauxqs/dist/app.js',
  },
};
