#!/usr/bin/python3
"""onrecord classify on a real Kafka: a thousand articles through two workers say what `annotate` says; what it refuses to start with;
how soon it is ready and how small. What it survives is in tests/faults."""
import json
import subprocess
import time

import feed_articles as feed
import harness
import lanes

COMMIT_MS = "5"  # short transactions: many of them in a short test


class Classified(harness.KafkaTest):
    def worker(self, line, *args, ready=True):
        program = line.start("classify", "--commit-ms", COMMIT_MS, *args)
        if ready:
            program.wait_line(r"classify\.ready")
        return program

    def split(self, line, count, start=0):
        items = feed.articles(self.rng, start + count)[start:]
        line.run("split", feed.write_jsonl(self.data / f"in-{start}.jsonl", items))

    def stop(self, *workers):
        for worker in workers:
            self.assertEqual(worker.stop(), 0, worker.tail())

    def finish(self, line, *workers):
        try:
            line.wait_done()
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *(worker.tail(200) for worker in workers)])) from None
        self.stop(*workers)
        return lanes.check(self, line)


def in_bytes(body, a):
    """An attribution of annotate as follow shows it."""

    def piece(span):
        if span is None:
            return None
        begin, end = (len(body[:n].encode()) for n in span)
        return {"begin": begin, "end": end, "text": body[slice(*span)]}

    target = a.get("target")
    return {
        "speaker": (a["speaker"]["name"], a["speaker"]["type"], a["speaker"]["how"], piece(a["speaker"].get("mention"))),
        "act": a["act"],
        "cue": piece(a.get("cue")),
        "content": [piece(span) for span in a["content"]],
        "target": target and (target["text"], piece(target.get("span"))),
        "stance": a["stance"],
        "confidence": a["confidences"],
        "reason": a.get("reason", ""),
    }


def signed_part(a):
    target = a.get("target")
    return {
        "speaker": (a["speaker"]["name"], a["speaker"]["type"], a["speaker"]["how"], a["speaker"].get("mention")),
        "act": a["act"],
        "cue": a.get("cue"),
        "content": a["content"],
        "target": target and (target["name"], target.get("span")),
        "stance": a["stance"],
        "confidence": a["confidence"],
        "reason": a.get("reason", ""),
    }


class Input(Classified):
    def test_a_thousand_articles_through_two_workers_are_what_annotate_says(self):
        source = harness.SHARED / "data" / "load" / "articles_10k.jsonl.zst"
        if source.exists():
            path = self.load_articles(source, 1000)
        else:
            print("../shared/data/load is not there: generated articles instead", flush=True)
            path = feed.write_jsonl(self.data / "in.jsonl", feed.articles(self.rng, 1000))
        line = self.make_line(partitions=4)
        second_key = harness.make_worker_key(line, "w1")
        workers = [
            self.worker(line, "--instance", "1", ready=False),
            self.worker(line, "--instance", "2", "--key", second_key, ready=False),
        ]
        for worker in workers:
            worker.wait_line(r"lane\.open")
        line.run("split", path, seconds=1200)
        line.wait_done(1200)
        self.stop(*workers)
        done = lanes.check(self, line, seconds=1200)
        followed = harness.json_lines(line.run("follow", "--once", seconds=1200).stdout)
        said = harness.json_lines(line.run("annotate", path, seconds=1200).stdout)
        self.assertEqual(done, len(followed))
        self.compare(path, said, followed)
        print(f"1,000 articles: {done} records as annotate says, roots equal", flush=True)

    def load_articles(self, source, count):
        raw = subprocess.run(["zstd", "-dcq", source], check=True, stdout=subprocess.PIPE).stdout.decode()
        items = []
        for number, row in enumerate(raw.split("\n")[:count]):
            a = json.loads(row)
            items.append({"id": a.get("ID") or str(number), "text": a["content_original"], "headline": a.get("title")})
        return feed.write_jsonl(self.data / "load.jsonl", items)

    def compare(self, path, said, followed):
        """annotate counts code points and follow bytes; both must mean the same pieces of the same body."""
        bodies = {a["id"]: a["text"] for a in harness.json_lines(path.read_text(encoding="utf-8"))}
        results = {(r["article"]["id"], r["index"]): r for r in followed}
        self.assertEqual(set(results), {(row["article"], row["index"]) for row in said})
        for row in said:
            result, body = results[row["article"], row["index"]], bodies[row["article"]]
            where = f"{row['article']} {row['index']}"
            self.assertEqual((result["cp_begin"], result["cp_end"]), (row["begin"], row["end"]), where)
            self.assertEqual((result["text"], result["kind"]), (row["text"], row["kind"]), where)
            wanted = [in_bytes(body, a) for a in row["attributions"]]
            self.assertEqual([signed_part(a) for a in result["attributions"]], wanted, where)


class Refusals(Classified):
    def test_another_model_may_not_continue_a_lane(self):
        line = self.make_line(partitions=1)
        self.split(line, 3)
        self.finish(line, self.worker(line))
        other = self.worker(line, "--model", "noop", ready=False)
        self.assertEqual(other.wait(), 78, other.tail())
        self.assertIn("configuration", other.err[-1])

    def test_properties_that_would_break_promises_are_refused(self):
        line = self.make_line(partitions=1)
        for pair, sentence in (
            ("enable.auto.commit=true", "one transaction"),
            ("isolation.level=read_uncommitted", "committed"),
            ("plugin.library.paths=/tmp/x.so", "foreign code"),
            ("no.such.property=1", "no property"),
            ("partition.assignment.strategy=cooperative-sticky", "at once"),
            ("linger.ms=soon", "linger.ms=soon"),
        ):
            refused = self.worker(line, "-X", pair, ready=False)
            self.assertIn(refused.wait(), (2, 78), refused.tail())
            self.assertIn(sentence, refused.err[-1])


class Clean(Classified):
    def test_ready_soon_small_when_idle_and_gone_when_asked(self):
        for model, most in (("noop", 40 * 1024), (None, 90 * 1024)):
            self.model = model
            line = self.make_line(partitions=4)
            worker = self.worker(line)
            ready = int(worker.wait_line(r"classify\.ready .*ms=(\d+)").group(1))
            time.sleep(1.5)  # idle is a state without an event
            memory = worker.proc("VmRSS")
            began = time.monotonic()
            self.stop(worker)
            print(f"model {model}: ready in {ready} ms, {memory} kB idle, stopped in {time.monotonic() - began:.2f} s", flush=True)
            self.assertLess(memory, most)
            self.assertEqual([len(line.commits(p)) for p in range(4)], [1, 1, 1, 1], "an empty lane has its first COMMIT")


if __name__ == "__main__":
    harness.main()
