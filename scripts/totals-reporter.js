// A last line for machines: how many tests passed, failed and were skipped.

module.exports = class TotalsReporter {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites, testResults } = results;
    const broken = testResults.filter(({ testExecError }) => testExecError).length;
    const failed = numFailedTests + (numFailedTests === 0 ? Math.max(broken, numFailedTestSuites) : broken);
    process.stderr.write(`${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped\n`);
  }
};
