/** Tells at the end of tests that passed only when tried again, and why they did not at first: each is to be mended. */
export default class SecondTries {
  #tests = [];

  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky) this.#tests.push(test);
  }

  onTestRunEnd() {
    for (const test of this.#tests) {
      console.log(`== passed at the second try: ${test.project.name} ${test.module.relativeModuleId} > ${test.fullName}`);
      for (const { message } of test.result().errors ?? []) console.log(`==   ${message.split('\n', 1)[0]}`);
    }
  }
}
