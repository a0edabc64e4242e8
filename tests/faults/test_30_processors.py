"""Row 30: a processor that can do less. The worker answers with the best instructions here; an audit classifies every statement again with each
of the others, and on the least processor there is (emulated): the roots are the same."""
import json
import shutil

import harness
import scenario

KERNELS = ("portable", "avx2", "avx512", "avx-vnni", "avx512-vnni", "amx", "neon")
EMULATED_SECONDS = 1200


class Processors(scenario.Scenario):
    row = 30
    model = None

    def again(self, line, kernel=None, wrap=(), seconds=scenario.RECOVER_SECONDS):
        """Exit code, and the roots that an audit computes with these instructions."""
        words = [*wrap, str(harness.BIN / "onrecord-audit"), "--json", "--signatures", "--rerun", *(["--kernel", kernel] if kernel else [])]
        program = harness.Program(words, env=line.env(verb="audit"))
        self.addCleanup(line._end, program)
        code = program.wait(seconds)
        return code, code == 0 and {lane["partition"]: lane["root"] for lane in json.loads("\n".join(program.out))["lanes"]}

    def answered(self, articles):
        line = self.watched_line(partitions=2)
        self.split(line, articles)
        worker = self.worker(line)
        self.wait_recovered(line)
        return line, worker, self.again(line)

    @scenario.fast
    def test_the_same_answers_with_other_instructions(self):
        line, worker, best = self.answered(8)
        self.assertEqual(best[0], 0)
        for kernel in KERNELS:
            found = self.again(line, kernel)
            if found[0] == 0:  # others are not to be had here
                self.assertEqual(found, best, kernel)
                self.hit(1, kernel)
        self.finish(line, worker)

    def test_the_same_answers_on_the_least_processor(self):
        emulator = shutil.which("qemu-x86_64-static")
        if not emulator:
            self.skipTest("needs qemu-x86_64-static: docker/deps equal installs it")
        line, worker, best = self.answered(2)
        self.assertEqual(self.again(line, wrap=(emulator, "-cpu", "qemu64"), seconds=EMULATED_SECONDS), best)
        self.hit(1, "emulated qemu64")
        self.finish(line, worker)
