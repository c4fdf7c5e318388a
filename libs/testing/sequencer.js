const { default: Sequencer } = require('@jest/test-sequencer');

const runsProduct = ({ path }) => path.includes('/tests/');

/** The suites that run the whole product go first: what is left when one of the two workers has no more to do is short. */
module.exports = class extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests); // oxlint-disable-line unicorn/no-array-sort -- no array's
    return [...sorted.filter(runsProduct), ...sorted.filter((test) => !runsProduct(test))];
  }
};
