"""A real Kafka (KRaft) in a folder, without Docker: one node or three, on free ports of the loopback address.

A cluster is a folder: node-N/ holds the configuration, the data, the log and the pid file of node N, and broker.env the
bootstrap servers. So that `docker/kafka/stop`, another process or a test can stop, kill and start again what this one
started, nothing is kept in memory only. A port is tried by binding it and may still be lost to someone else before Java
binds it: then the node dies, and the start is tried again with other ports. Ports come from below the range that the
kernel gives to outgoing connections, so that a killed broker finds its port free when it comes back.
"""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEFAULT_VERSION = "4.3.1"
PORTS = range(20000, 32000)
START_TRIES = 5
READY_SECONDS = 180  # of a busy machine; nobody waits longer than the broker needs
STOP_SECONDS = 20
ARCHIVE_SECONDS = 600  # Java writes the class archive when it is told to end: 50 s were seen beside ten busy neighbours
PROBE_EVERY = 0.02
SESSION_SECONDS = 3  # a killed broker may not register again before
FENCE_SECONDS = 60  # a controller starts and waits for the end of a session: 5 s on a quiet machine
CLUSTER_ID = "b25yZWNvcmQtbG9jYWwtMQ"  # any 16 bytes in base64url

SMALL = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class BrokerError(Exception):
    """A sentence for the user: what failed, where, what to do."""


def die_with_parent():
    """For preexec_fn: the kernel kills the child when its parent is gone, however that ended."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports(count):
    """Distinct ports that could be bound a moment ago."""
    found = []
    rng = random.SystemRandom()
    while len(found) < count:
        port = rng.choice(PORTS)
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def ask(port, api, version, body, timeout=2.0, tls=None):
    """One request to the broker at this port and the body of its answer; `tls` is an ssl.SSLContext."""
    request = struct.pack(">hhih", api, version, 1, -1) + body
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout))
        if tls:
            sock = stack.enter_context(tls.wrap_socket(sock, server_hostname="127.0.0.1"))
        sock.settimeout(timeout)
        sock.sendall(struct.pack(">i", len(request)) + request)
        stream = stack.enter_context(sock.makefile("rb"))
        head = stream.read(8)  # size, correlation id
        return stream.read(struct.unpack(">ii", head)[0] - 4) if len(head) == 8 else b""


def brokers_known(port, tls=None):
    """How many brokers the one at this port lists in a Metadata response (v1); 0 while it does not answer."""
    try:
        answer = ask(port, 3, 1, struct.pack(">i", 0), tls=tls)  # no topics
    except OSError:
        return 0
    return struct.unpack(">i", answer[:4])[0] if len(answer) > 4 else 0


def wait_gone(pid, seconds):
    """True once the process is gone, whoever's child it is; False when the time is up."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], max(seconds, 0))[0])
    finally:
        os.close(fd)


class Cluster:
    """One broker or three in a folder.

    `extra` are further server properties. With `with_parent` the kernel kills the brokers when this process ends,
    for tests; without it they stay until `stop`, from here or from another process.
    """

    ports_a_node = 2  # clients, controller
    tls = None  # how the first port of a node is asked whether it answers
    stop_seconds = STOP_SECONDS

    def __init__(self, folder, nodes=1, version=None, extra=None, heap="128m", with_parent=False):
        if nodes not in (1, 3):
            raise BrokerError(f"a cluster has 1 or 3 nodes, not {nodes}")
        self.folder = pathlib.Path(folder).resolve()
        self.nodes = nodes
        self.version = version or os.environ.get("KAFKA_VERSION") or DEFAULT_VERSION
        self.extra = dict(extra or {})
        self.heap = os.environ.get("KAFKA_HEAP", heap)
        self.with_parent = with_parent
        self.ports = []
        self._children = {}

    # -- what is known of it

    @property
    def bootstrap(self):
        return ",".join(f"127.0.0.1:{port}" for port in self.ports[: self.nodes])

    def node_dir(self, node):
        return self.folder / f"node-{node}"

    def pid(self, node):
        """The pid of a node if that very process still runs, else None."""
        try:
            pid = int((self.node_dir(node) / "pid").read_text())
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return None
        ours = any(str(self.node_dir(node) / part).encode() in command for part in ("server.properties", "controller/server.properties"))
        return pid if ours and state != "Z" else None

    def log_tail(self, node, lines=15):
        try:
            text = (self.node_dir(node) / "broker.log").read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    # -- start

    def start(self):
        """Format the folders, start every node, return when each of them lists all."""
        if self.folder.exists() and any(self.folder.glob("node-*")):
            raise BrokerError(f"{self.folder} already holds a cluster; stop it and remove the folder, or take another")
        self._fetch()
        self._archive()
        for attempt in range(1, START_TRIES + 1):
            self.ports = free_ports(self.ports_a_node * self.nodes)
            self._configure()
            try:
                for node in self._all():
                    self._launch(node)
                self.wait_ready()
                break
            except BrokerError:
                self._stop_nodes(signal.SIGKILL)
                lost_port = any("already in use" in self.log_tail(node, 200) for node in self._all())
                if not lost_port or attempt == START_TRIES:
                    raise
                for node in self._all():
                    shutil.rmtree(self.node_dir(node))
            except BaseException:
                self._stop_nodes(signal.SIGKILL)
                raise
        (self.folder / "broker.env").write_text(
            f"BOOTSTRAP={self.bootstrap}\nKAFKA_VERSION={self.version}\nKAFKA_NODES={self.nodes}\n"
        )
        return self

    def start_node(self, node):
        """Start a node that was stopped or killed, with its data and on its port."""
        if self.pid(node):
            raise BrokerError(f"node {node} of {self.folder} is running")
        if self.nodes == 1 and not (self.node_dir(node) / "data" / ".kafka_cleanshutdown").exists():
            self._fence(node)
        self._launch(node)

    def wait_ready(self, seconds=READY_SECONDS, expect=None):
        """Return when every running node lists `expect` brokers (all of them if not said)."""
        until = time.monotonic() + seconds
        waiting = [node for node in self._all() if self.pid(node) or node in self._children]
        while waiting:
            node = waiting[0]
            if brokers_known(self.ports[node - 1], self.tls) >= (expect or self.nodes):
                waiting.pop(0)
                continue
            child = self._children.get(node)
            if (child and child.poll() is not None) or not self.pid(node):
                raise BrokerError(f"Kafka node {node} ended while starting; its log says:\n{self.log_tail(node)}")
            if time.monotonic() > until:
                raise BrokerError(
                    f"Kafka node {node} did not answer within {seconds} s; its log is "
                    f"{self.node_dir(node)}/broker.log:\n{self.log_tail(node)}"
                )
            time.sleep(PROBE_EVERY)  # the port is the only sign a broker gives; nothing can be waited on

    # -- stop

    def stop(self):
        """TERM to all, KILL to those that are not gone in time. Stopping a stopped cluster is no error."""
        self._stop_nodes(signal.SIGTERM)
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "broker.env").unlink()

    def stop_node(self, node, how=signal.SIGTERM):
        pid = self.pid(node)
        if pid is None:
            return
        os.kill(pid, how)
        self._reap(node, pid, STOP_SECONDS)

    def kill_node(self, node):
        """kill -9: the node gets no chance to write or say anything."""
        self.stop_node(node, signal.SIGKILL)

    @classmethod
    def of_folder(cls, folder):
        """The cluster that some process started in this folder."""
        folder = pathlib.Path(folder)
        nodes = len(list(folder.glob("node-*")))
        if nodes == 0:
            raise BrokerError(f"{folder} holds no cluster; `docker/kafka/start {folder}` makes one")
        cluster = cls(folder, nodes)
        for node in cluster._all():
            for line in (cluster.node_dir(node) / "server.properties").read_text().splitlines():
                if line.startswith("advertised.listeners="):
                    cluster.ports.append(int(line.rpartition(":")[2]))
        return cluster

    # -- inside

    def _all(self):
        return range(1, self.nodes + 1)

    def _jars(self):
        return ROOT / "build" / "kafka" / self.version

    def _java(self, *words):
        classpath = ":".join(str(jar) for jar in sorted((self._jars() / "lib").glob("*.jar")))
        return ["java", *SMALL, *words[:-1], "-cp", classpath, *words[-1]]

    def _fetch(self):
        if subprocess.run([HERE / "fetch", self.version], stdin=subprocess.DEVNULL).returncode != 0:
            raise BrokerError(f"the jars of Kafka {self.version} are not there (see above)")

    def _archive(self):
        """Made once: the classes of a running broker in an archive, which halves the time to the first answer."""
        archive = self._jars() / "kafka.jsa"
        if archive.exists():
            return
        with open(self._jars() / "archive.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if archive.exists():
                return
            with contextlib.ExitStack() as stack:
                scratch = self._jars() / "archive-run"
                stack.callback(shutil.rmtree, scratch, True)
                shutil.rmtree(scratch, True)
                once = _ArchiveRun(scratch, 1, self.version, with_parent=True)
                stack.callback(once.stop)
                once.start()
                once.stop()
                made = scratch / "kafka.jsa"
                if not made.exists():
                    raise BrokerError(f"Java wrote no class archive: {once.log_tail(1)}")
                made.rename(archive)

    def _jvm_flags(self):
        return [f"-XX:SharedArchiveFile={self._jars() / 'kafka.jsa'}", "-Xshare:auto", "-Xlog:disable"]

    def _configure(self):
        for node in self._all():
            folder = self.node_dir(node)
            folder.mkdir(parents=True)
            settings = self._settings(node)
            settings.update(self.extra)
            (folder / "server.properties").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
            tool = self._java(
                [
                    *("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID),
                    *("-c", str(folder / "server.properties")),
                    *self._format_words(),
                ]
            )
            done = subprocess.run(tool, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode != 0:
                raise BrokerError(f"formatting {folder} failed:\n{done.stdout}{done.stderr}")

    def _format_words(self):
        """Further words for the tool that formats the folders."""
        return []

    def _settings(self, node):
        port, control = self.ports[node - 1], self.ports[self.nodes + node - 1]
        voters = ",".join(f"{n}@127.0.0.1:{self.ports[self.nodes + n - 1]}" for n in self._all())
        copies = self.nodes
        enough = 2 if self.nodes == 3 else 1
        return {
            "process.roles": "broker,controller",
            "node.id": node,
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{control}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": voters,
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self.node_dir(node) / "data",
            "default.replication.factor": copies,
            "min.insync.replicas": enough,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": enough,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.num.partitions": 4,
            "group.initial.rebalance.delay.ms": 0,
            "auto.create.topics.enable": "false",
            "log.cleaner.dedupe.buffer.size": 2097152,  # the default of 128 MB does not fit the small heap
            "num.network.threads": 2,
            "num.io.threads": 4,
            "background.threads": 2,
            # A dead worker's transaction is looked for twice a second, not every ten seconds.
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": 500,
            # A killed broker may not register again before its session is over: 9 s by default.
            "broker.session.timeout.ms": 1000 * SESSION_SECONDS,
            "broker.heartbeat.interval.ms": 500,
            "controller.quorum.election.timeout.ms": 500,
            "controller.quorum.fetch.timeout.ms": 1000,
        }

    def _fence(self, node):
        """Let the session of the broker that was killed end, before the broker comes back.

        A sole broker that returns within its session is for a moment what it was, coordinator and leader of everything, and is
        then fenced by its own registration. A commit that it had granted and not yet written to every partition is taken up in
        that moment, and dropped where a partition has no leader ("likely deleted already and hence can be skipped", seen with
        4.3.1): half of the transaction stays open for ever. With several brokers a partition always has a leader.
        """
        folder = self.node_dir(node)
        alone = folder / "controller" / "server.properties"
        alone.parent.mkdir(exist_ok=True)
        settings = dict(line.split("=", 1) for line in (folder / "server.properties").read_text().splitlines())
        del settings["advertised.listeners"]
        settings["process.roles"] = "controller"
        settings["listeners"] = next(part for part in settings["listeners"].split(",") if part.startswith("CONTROLLER:"))
        alone.write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        read = (folder / "broker.log").stat().st_size
        self._launch(node, alone, fencing="INFO")
        until = time.monotonic() + FENCE_SECONDS
        while b"Fencing broker" not in (folder / "broker.log").read_bytes()[read:]:
            if self._children[node].poll() is not None:
                raise BrokerError(f"the controller of {folder} ended while starting; its log says:\n{self.log_tail(node)}")
            if time.monotonic() > until:
                raise BrokerError(f"no broker of {folder} was fenced within {FENCE_SECONDS} s; its log says:\n{self.log_tail(node)}")
            time.sleep(PROBE_EVERY)
        self.stop_node(node)

    def _launch(self, node, properties=None, fencing="WARN"):
        folder = self.node_dir(node)
        command = self._java(
            f"-Xmx{self.heap}",
            f"-Donr.fencing={fencing}",  # level of the lines that say which brokers the controller shut out
            f"-Dlog4j.configuration=file:{HERE}/log4j.properties",
            f"-Dlog4j2.configurationFile={HERE}/log4j2.properties",
            "-Dlog4j2.disable.jmx=true",
            *self._jvm_flags(),
            ["kafka.Kafka", str(properties or folder / "server.properties")],
        )
        with open(folder / "broker.log", "ab") as log:
            child = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is for the one who started us, who then stops the broker
                preexec_fn=die_with_parent if self.with_parent else None,
            )
        self._children[node] = child
        (folder / "pid").write_text(f"{child.pid}\n")

    def _stop_nodes(self, how):
        pids = {node: self.pid(node) for node in self._all()}
        for pid in filter(None, pids.values()):
            os.kill(pid, how)
        until = time.monotonic() + self.stop_seconds
        for node, pid in pids.items():
            if pid:
                self._reap(node, pid, until - time.monotonic())

    def _reap(self, node, pid, seconds):
        if not wait_gone(pid, seconds):
            os.kill(pid, signal.SIGKILL)
            wait_gone(pid, STOP_SECONDS)
        child = self._children.pop(node, None)
        if child:
            child.wait()


class _ArchiveRun(Cluster):
    """A broker whose only purpose is the class archive that Java writes when it ends."""

    stop_seconds = ARCHIVE_SECONDS

    def _archive(self):
        pass

    def _jvm_flags(self):
        return [f"-XX:ArchiveClassesAtExit={self.folder / 'kafka.jsa'}"]
