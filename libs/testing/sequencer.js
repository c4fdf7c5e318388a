const { default: Sequencer } = require('@jest/test-sequencer');

const isSystemSuite = ({ path }) => path.includes('/tests/');

/** Runs the long system suites first, so that the two Jest workers finish at about the same time. */
module.exports = class extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests); // oxlint-disable-line unicorn/no-array-sort -- not an array method
    return [...sorted.filter(isSystemSuite), ...sorted.filter((test) => !isSystemSuite(test))];
  }
};
