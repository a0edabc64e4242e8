"""Row 30: a processor that can do less. The worker answers on this one; an audit classifies every statement again on processors without
AVX-512, without AVX2 and FMA, and on the least one there is (emulated): the roots are the same."""
import json
import shutil

import harness
import scenario

TUNABLES = (
    "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512CD,-AVX512DQ,-AVX512ER",
    "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-AVX2_Usable,-FMA,-AVX,-ERMS",
)


class Processors(scenario.Scenario):
    row = 30

    def again(self, line, wrap=(), env=None):
        words = [*wrap, str(harness.BIN / "onrecord-audit"), "--json", "--signatures", "--rerun"]
        program = harness.Program(words, env=line.env(env))
        self.addCleanup(line._end, program)
        self.assertEqual(program.wait(scenario.RECOVER_SECONDS), 0, program.tail())
        return {lane["partition"]: lane["root"] for lane in json.loads("\n".join(program.out))["lanes"]}

    @scenario.fast
    def test_the_same_answers_on_lesser_processors(self):
        line = self.watched_line(partitions=2)
        self.split(line, 20)
        worker = self.worker(line)
        self.wait_recovered(line)
        roots = self.again(line)
        for tunables in TUNABLES:
            self.assertEqual(self.again(line, env={"GLIBC_TUNABLES": tunables}), roots)
            self.hit(1, tunables)
        emulator = shutil.which("qemu-x86_64-static")
        if emulator:
            self.assertEqual(self.again(line, wrap=(emulator, "-cpu", "qemu64")), roots)
            self.hit(1, "emulated qemu64")
        self.finish(line, worker)
