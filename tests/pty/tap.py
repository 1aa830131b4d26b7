"""Runs the unittest cases of a file and reports them as TAP, as tests/run wants it."""

import sys
import traceback
import unittest


class _Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.number = 0
        self.bad_parts = 0

    def _say(self, fine, test, note=""):
        self.number += 1
        name = getattr(test, "_testMethodName", str(test)).replace("test_", "", 1).replace("_", " ")
        print("%s %d - %s%s" % ("ok" if fine else "not ok", self.number, name, note), flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.bad_parts = 0

    def _explain(self, test, err):
        for line in ("%s\n%s" % (test, "".join(traceback.format_exception(*err)))).splitlines():
            print("# " + line)

    def addSubTest(self, test, subtest, err):
        if err:
            self.bad_parts += 1
            self._explain(subtest, err)

    def addSuccess(self, test):
        self._say(self.bad_parts == 0, test)

    def addFailure(self, test, err):
        self._explain(test, err)
        self._say(False, test)

    addError = addFailure

    def addSkip(self, test, reason):
        self._say(True, test, " # SKIP " + reason)

    def stopTest(self, test):
        if self.bad_parts and self.number < self.testsRun:  # unittest reports no success when a part failed
            self._say(False, test)
        super().stopTest(test)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    if len(sys.argv) > 1:
        suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:], sys.modules["__main__"])
    print("1..%d" % suite.countTestCases(), flush=True)
    result = _Result()
    suite.run(result)
    sys.exit(0)  # what failed is in the lines
