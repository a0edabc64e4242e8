"""What tests on a Kafka with an authorizer have in common: users, their rights, and how a program ends that lost them.

    class Mine(access.Secured, harness.KafkaTest):
        def test_it(self):
            line = self.make_line()                                    # the admin's
            self.grant(line, "classify=User:w1")                       # the rights of `topics create --acl`
            worker = line.start("classify", env=self.as_user("w1"))
            with self.ends(worker, "not allowed"):
                self.cluster.forbid("w1")
"""
import argparse
import contextlib
import shlex
import time

import harness  # first: it says where the brokers are
import secured

CONFIG = 78
SOON = 20.0  # seconds within which a program must have understood that it may not go on
WORK = 1.0  # seconds of the processor that the last work and the end may take,
SHARE = 0.1  # and the share of a processor that waiting may


class Secured:
    """Goes before harness.KafkaTest or what is made of it."""

    version = None
    users = {}  # with passwords

    @classmethod
    def make_cluster(cls, folder):
        return secured.Secured(folder, cls.nodes, version=cls.version, extra=cls.extra, with_parent=True, users=cls.users)

    @property
    def client(self):
        return self.cluster.client(secured.ADMIN)

    def as_user(self, name, mechanism=None, **how):
        """The environment in which a verb is this user."""
        words = [f"{key}={value}" for key, value in self.cluster.client(name, mechanism, **how).items()]
        where = {"ONRECORD_BROKERS": self.cluster.by_password()} if mechanism else {}
        return {"ONRECORD_KAFKA": " ".join(words), **where}

    def make_line(self, **how):
        """Its topics and keys are made by the admin, as whom its verbs run that are not told otherwise."""
        return super().make_line(settings={f"kafka.{key}": value for key, value in self.client.items()}, **how)

    # -- rights

    def grant(self, line, *holders):
        """What `topics create --acl` grants, and what it leaves to another tool."""
        granted = line.run("topics", "create", "--acl", *holders)
        self.assertRegex(granted.stderr, r"^\d+ rights granted")
        self.run_commands(granted.stdout)

    def run_commands(self, commands):
        """What the kafka-acls.sh of the broker's version would do: its own class where the jars have it."""
        for command in commands.splitlines():
            words = shlex.split(command)
            self.assertEqual(words[0], "kafka-acls.sh")
            if self.cluster.scram:
                self.cluster.tool("kafka.admin.AclCommand", *words[1:])
            else:
                self.run_command(words[1:])

    def run_command(self, words):
        parser = argparse.ArgumentParser()
        for option in ("bootstrap-server", "command-config", "allow-principal", "operation", "resource-pattern-type"):
            parser.add_argument(f"--{option}", required=True)
        for option in ("add", "force"):
            parser.add_argument(f"--{option}", action="store_true", required=True)
        parser.add_argument("--transactional-id", required=True)
        said = parser.parse_args(words)
        user = said.allow_principal.removeprefix("User:")
        self.cluster.allow(user, "transactional-id", said.transactional_id, said.operation, said.resource_pattern_type)

    # -- their end

    def restart_node(self, node):
        self.cluster.stop_node(node)
        self.cluster.start_node(node)
        self.cluster.wait_ready()

    @contextlib.contextmanager
    def ends(self, program, sentence):
        """What is done within takes from the program what it needs: it ends by itself with 78 and the reason as its last line,
        soon, and does not burn the processor on the way."""
        began, burnt = time.monotonic(), program.cpu_seconds()
        yield
        if not harness.broker.wait_gone(program.pid, SOON):
            self.fail(f"it still runs after {SOON:.0f} s\n{program.tail()}")
        took, burnt = time.monotonic() - began, program.cpu_seconds() - burnt  # nobody has waited for it yet: it still tells
        self.assertEqual(program.wait(), CONFIG, program.tail())
        self.assertRegex(program.err[-1], sentence, program.tail())
        self.assertLess(burnt, WORK + SHARE * took, f"seconds of the processor within {took:.1f} s\n{program.tail()}")
