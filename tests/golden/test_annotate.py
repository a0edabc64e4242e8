#!/usr/bin/python3
"""annotate, stance and the dispatcher as people run them: output against files read by hand, bad input, exit codes.

The expected answers in classified/ are those of the model that is built in; a better model changes them, and the difference
is read before it is taken (ONR_ACCEPT=1 writes them). ONR_BIN says where the verbs are.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BIN = pathlib.Path(os.environ.get("ONR_BIN", ROOT / "build" / "release")).resolve()
SHARED = ROOT.parent / "shared"
ARTICLES = sorted((HERE / "articles").glob("*.txt"))
ARTICLE_BYTES = 1024 * 1024  # ONR_ARTICLE_MAX


def onrecord(*words, stdin=b"", env=None, **more):
    """Run `onrecord WORDS`; settings of the caller's environment stay outside."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ONRECORD_")}
    return subprocess.run(
        [BIN / "onrecord", *map(str, words)],
        input=stdin if "stdin_file" not in more else None,
        stdin=more.get("stdin_file"),
        capture_output=True,
        env={**clean, **(env or {})},
        timeout=600,
        check=False,
    )


def lines(data):
    return [json.loads(line) for line in data.decode().splitlines()]


def jsonl(*articles):
    return "".join(json.dumps(a) + "\n" for a in articles).encode()


def brief(text, row):
    """One statement as a line that a person can check: who (how), stance, toward whom, what."""
    out = [f"{row['index']} {row['kind']}: {text[row['begin']:row['end']].strip()[:70]!r}"]
    for a in row["attributions"]:
        said = " + ".join(text[b:e] for b, e in a["content"])
        target = a["target"]["text"] if a["target"] else "-"
        who = f"{a['speaker']['name'] or '?'} ({a['speaker']['how']})"
        out.append(f"    {who} {a['act']}, {a['stance']} toward {target}: {said!r}")
    return "\n".join(out)


class Golden(unittest.TestCase):
    maxDiff = None

    def test_shipped_articles_are_classified_as_read_by_hand(self):
        self.assertTrue(ARTICLES)
        for path in ARTICLES:
            with self.subTest(path.name):
                done = onrecord("annotate", path)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                text = path.read_bytes().decode()
                got = "\n".join(brief(text, row) for row in lines(done.stdout)) + "\n"
                want = HERE / "classified" / path.name
                if os.environ.get("ONR_ACCEPT"):
                    want.write_text(got)
                self.assertEqual(got, want.read_text())

    def test_statements_tile_the_article_and_spans_lie_in_it(self):
        for path in ARTICLES:
            text, pos = path.read_bytes().decode(), 0
            for index, row in enumerate(lines(onrecord("annotate", path).stdout)):
                self.assertEqual((row["index"], row["begin"]), (index, pos))
                self.assertEqual(text[row["begin"] : row["end"]], row["text"])
                pos = row["end"]
                for a in row["attributions"]:
                    for begin, end in [*a["content"], a["cue"], *filter(None, [a["speaker"]["mention"]])]:
                        self.assertTrue(0 <= begin < end <= len(text))
            self.assertEqual(pos, len(text))

    def test_the_same_input_gives_the_same_bytes_alone_and_among_others(self):
        together = onrecord("annotate", *ARTICLES).stdout
        self.assertEqual(together, b"".join(onrecord("annotate", path).stdout for path in ARTICLES))


class BadInput(unittest.TestCase):
    GOOD = {"id": "good", "text": "“It is late,” Ada Lind said."}

    def test_bad_articles_are_named_and_the_others_go_on(self):
        cases = [  # (line, reason, part of the sentence)
            (b"{bad\n", "json", "line 2"),
            (b'{"id": "a"}\n', "field", "text"),
            (b'{"id": "a", "text": ""}\n', "empty", ""),
            (b'{"id": "a", "text": "x", "date": "next week"}\n', "date", "date"),
            (b'{"id": "a", "text": "a\\u0000b"}\n', "nul", ""),
            (b'{"id": "a", "text": "\xff"}\n', "utf8", ""),
            (jsonl({"id": "a", "text": "x" * (ARTICLE_BYTES + 1)}), "limit", str(ARTICLE_BYTES)),
            (jsonl(self.GOOD), "duplicate", "version"),
        ]
        for line, reason, part in cases:
            with self.subTest(reason):
                last = jsonl({"id": "last", "text": "Nothing was said."})
                done = onrecord("annotate", stdin=jsonl(self.GOOD) + line + last)
                self.assertEqual(done.returncode, 65)
                self.assertEqual({r["article"] for r in lines(done.stdout)}, {"good", "last"})
                said = done.stderr.decode()
                self.assertIn(f"standard input line 2: refused ({reason}):", said)
                self.assertIn(part, said)
                self.assertIn("1 of 3 articles refused", said)

    def test_strict_stops_at_the_first(self):
        done = onrecord("annotate", "--strict", stdin=b"{bad\n" + jsonl(self.GOOD))
        self.assertEqual((done.returncode, done.stdout), (65, b""))
        self.assertIn(b"line 1: refused (json)", done.stderr)

    def test_another_version_is_no_duplicate(self):
        second = {**self.GOOD, "version": 2, "state": "corrected"}
        done = onrecord("annotate", stdin=jsonl(self.GOOD, second))
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_another_language_and_a_withdrawal_say_why_nothing_was_tried(self):
        done = onrecord(
            "annotate",
            stdin=jsonl(
                {"id": "de", "language": "de", "text": "„Es ist spät“, sagte Ada Lind."},
                {"id": "gone", "state": "withdrawn"},
            ),
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = lines(done.stdout)
        self.assertEqual({r["article"]: r.get("reason") for r in rows}, {"de": "language", "gone": "withdrawn"})
        self.assertTrue(all(r["kind"] == "narration" and not r["attributions"] for r in rows))

    def test_files_that_are_not_there_and_wrong_options_have_their_exit_codes(self):
        for words, code, part in [
            (["annotate", "/nonexistent/a.txt"], 1, "/nonexistent/a.txt"),
            (["annotate", "--tabel"], 2, "did you mean --table?"),
            (["annotate", "--table", "--explain"], 2, "one of them"),
            (["annotate", "--format", "pdf"], 2, "auto|text|jsonl"),
            (["annotate", "--model", "/nonexistent/m"], 78, "/nonexistent/m"),
            (["annotate", "--kernel", "abacus"], 78, "abacus"),
            (["stance", "--model", "noop"], 2, "no stances"),
            (["stance", "--strikt"], 2, "did you mean --strict?"),
            (["anotate"], 2, 'did you mean "annotate"?'),
            (["frobnicate"], 2, "onrecord --help"),
            (["../annotate"], 2, "no verb"),
            ([], 2, "Usage: onrecord VERB"),
        ]:
            with self.subTest(words):
                done = onrecord(*words)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(part, done.stderr.decode())

    def test_a_setting_that_is_wrong_refuses_to_start_and_says_where(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
            conf.write("brokers = here:1\n[annotate]\nformta = text\n")
            conf.flush()
            done = onrecord("annotate", "--config", conf.name, stdin=jsonl(self.GOOD))
            self.assertEqual(done.returncode, 78)
            self.assertIn(f'{conf.name} line 3: "formta = text"', done.stderr.decode())
        done = onrecord("annotate", stdin=jsonl(self.GOOD), env={"ONRECORD_FORMTA": "text"})
        self.assertEqual(done.returncode, 78)
        self.assertIn(b"ONRECORD_FORMTA=text: no such setting; did you mean format?", done.stderr)

    def test_a_full_disk_is_an_error_and_a_closed_pipe_is_not_talked_about(self):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ONRECORD_")}
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [BIN / "onrecord", "annotate", ARTICLES[0]], stdout=full, stderr=subprocess.PIPE, env=clean, check=False
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [BIN / "onrecord", "annotate", ARTICLES[0]], stdout=writer, stderr=subprocess.PIPE, env=clean, check=False
        )
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (1, b""))


class ForPeople(unittest.TestCase):
    def test_the_table_fits_the_terminal_and_names_the_article(self):
        for width in (60, 80, 132):
            done = onrecord("annotate", "--table", ARTICLES[-1], env={"COLUMNS": str(width)})
            rows = done.stdout.decode().splitlines()
            self.assertIn(ARTICLES[-1].name, rows[0])
            self.assertLessEqual(max(map(len, rows[1:])), width)
            self.assertNotIn("\033", done.stdout.decode())

    def test_the_explanation_gives_the_evidence(self):
        done = onrecord("annotate", "--explain", stdin=jsonl({"id": "1", "text": "Mary Lind came. She said it was late."}))
        for part in ("Mary Lind", "a pronoun for the person named before", "said  (said)", "stance"):
            self.assertIn(part, done.stdout.decode())

    def test_every_verb_has_its_help_and_version(self):
        for verb in ("annotate", "stance"):
            done = onrecord(verb, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn(f"Usage: onrecord {verb}", done.stdout.decode())
            self.assertEqual(onrecord("help", verb).stdout, done.stdout)
            self.assertLessEqual(max(map(len, done.stdout.decode().splitlines())), 80)
            self.assertRegex(onrecord(verb, "--version").stdout.decode(), r"^onrecord \d+\.\d+\.\d+ \(librdkafka ")
        listed = onrecord("--help").stdout.decode()
        for program in BIN.glob("onrecord-*"):
            if os.access(program, os.X_OK) and not program.suffix:
                self.assertIn(f"\n  {program.name[9:]} ", listed)


class Stance(unittest.TestCase):
    def pair(self, number, text, target, **more):
        at = text.index(target)
        span = [at, at + len(target)]
        return {"id": str(number), "text": text, "speaker": {"name": None, "span": None}, **more} | {
            "target": {"name": target, "span": span}
        }

    def test_pairs_are_answered_in_order_within_their_choices(self):
        pairs = [
            self.pair(1, "Ada Lind praised the plan.", "the plan"),
            self.pair(2, "Ada Lind rejected the plan.", "the plan"),
            self.pair(3, "Ada Lind saw the plan.", "the plan"),
            self.pair(4, "Ada Lind rejected the plan.", "the plan", choices=["support", "neutral"]),
        ]
        done = onrecord("stance", stdin=jsonl(*pairs))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        rows = lines(done.stdout)
        self.assertEqual([r["id"] for r in rows], ["1", "2", "3", "4"])
        self.assertEqual([r["stance"] for r in rows[:3]], ["support", "oppose", "neutral"])
        self.assertIn(rows[3]["stance"], ("support", "neutral"))
        self.assertTrue(all(0 <= r["confidence"] <= 1 for r in rows))

    def test_bad_pairs_are_named_and_the_others_go_on(self):
        good = self.pair(1, "Ada Lind praised the plan.", "the plan")
        done = onrecord("stance", stdin=jsonl(good) + b"[]\n" + jsonl({**good, "id": 2}, good))
        self.assertEqual(done.returncode, 65)
        self.assertEqual(len(lines(done.stdout)), 2)
        self.assertIn(b"standard input line 2: refused:", done.stderr)
        self.assertIn(b'line 3: refused: "id"', done.stderr)
        self.assertIn(b"2 of 4 lines refused", done.stderr)


@unittest.skipUnless((SHARED / "eval" / "score.py").exists(), f"needs {SHARED}: the data are not part of the repository")
class RealText(unittest.TestCase):
    def score(self, *words, output=None):
        done = subprocess.run(
            [sys.executable, SHARED / "eval" / "score.py", *map(str, words)],
            stdout=output or subprocess.PIPE,
            check=True,
        )
        return "" if output else done.stdout.decode()

    def tiles(self, kind, source, wanted):
        with tempfile.TemporaryDirectory() as folder:
            given, got = pathlib.Path(folder, "in.jsonl"), pathlib.Path(folder, "out.jsonl")
            with open(given, "wb") as out:
                self.score("input", kind, source, output=out)
            with open(got, "wb") as out, open(given, "rb") as articles:
                child = subprocess.Popen([BIN / "onrecord-annotate", "--model", "noop"], stdin=articles, stdout=out)
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(child.returncode, 0)
            self.assertIn(f"BAR tiling {wanted} of {wanted} articles", self.score("tiling", "--articles", given, "--pred", got))
            return usage.ru_maxrss  # KiB

    def test_development_articles_tile(self):
        self.tiles("polnear", SHARED / "data" / "polnear" / "dev.jsonl", 84)

    @unittest.skipIf("asan" in BIN.name, "10,000 articles under sanitizers take minutes; the release build runs them")
    def test_ten_thousand_articles_tile_in_little_memory(self):
        self.assertLess(self.tiles("load", SHARED / "data" / "load" / "articles_10k.jsonl.zst", 10000), 200 * 1024)


if __name__ == "__main__":
    unittest.main()
