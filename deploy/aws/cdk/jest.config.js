const root = require('../../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  testMatch: root.testMatch,
  testTimeout: 60_000,
  maxWorkers: 1,
  transform: root.transform,
};
