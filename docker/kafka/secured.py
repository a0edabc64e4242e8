"""A Kafka that lets nobody in unknown: TLS on every listener, an authorizer that refuses what no ACL allows.

    cluster = secured.Secured(folder, users={"w1": "a password"}).start()
    cluster.client("w1")           librdkafka's properties: certificate of CN=w1, made now if need be
    cluster.client("w1", "PLAIN")  the same user by password over TLS, on a listener of its own

Two listeners for clients: SSL asks for a certificate and takes its CN as the user's name, SASL_SSL asks for a password (PLAIN,
and SCRAM-SHA-512 on brokers to which librdkafka 2.0.2 can speak it: 3.9). Brokers and controllers talk over TLS too. The user
`admin` may do everything and is there to hand out rights. Keys and certificates are made by openssl in the folder `certs`
beside the nodes, for two days or for some seconds, and are worth nothing outside it.

There is a third listener, in plaintext, for one purpose: it bids clients to connect to an address that is not this machine's.
"""
import ssl
import struct
import subprocess
import time

import broker

ADMIN = "admin"
BROKER = "broker"
ELSEWHERE = "192.0.2.1"  # TEST-NET-1: nobody's
SCRAM_VERSIONS = ("3.",)
DESCRIBE_ACLS, CREATE_ACLS, DELETE_ACLS = 29, 30, 31
RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactional-id": 5}
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")
PATTERNS = {"literal": 3, "prefixed": 4}
OPERATIONS = {"All": 2, "Read": 3, "Write": 4, "Create": 5, "Delete": 6, "Alter": 7, "Describe": 8}
OPERATIONS.update({"ClusterAction": 9, "DescribeConfigs": 10, "AlterConfigs": 11, "IdempotentWrite": 12})
ANY, ALLOW = 1, 3
KNOWN_SECONDS = 30  # within which every broker has heard of a right, or of its end


class Secured(broker.Cluster):
    """One broker or three behind TLS. `users` have passwords; a certificate has whoever asks for one here."""

    ports_a_node = 4  # certificates, controller, passwords, plaintext

    def __init__(self, folder, nodes=1, version=None, extra=None, heap="128m", with_parent=False, users=None):
        super().__init__(folder, nodes, version, extra, heap, with_parent)
        self.users = {ADMIN: "admin-password", **(users or {})}
        self.certs = self.folder / "certs"

    @property
    def scram(self):
        """True where librdkafka 2.0.2 can log in by SCRAM: it sends its nonce twice, which 4.x refuses."""
        return self.version.startswith(SCRAM_VERSIONS)

    def start(self):
        self.certs.mkdir(parents=True)
        self.trust("ca")
        self.certificate(BROKER)
        self.certificate(ADMIN)
        self.tls = ssl.create_default_context(cafile=str(self.certs / "ca.pem"))
        self.tls.load_cert_chain(str(self.certs / f"{ADMIN}.pem"))
        return super().start()

    # -- who is who

    def trust(self, *authorities):
        """Whose certificates count from the next start of a node on."""
        for authority in authorities:
            self._authority(authority)
        (self.certs / "trusted.pem").write_text("".join((self.certs / f"{a}.pem").read_text() for a in authorities))

    def _authority(self, name):
        if not (self.certs / f"{name}.pem").exists():
            self._self_signed(name, "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE")

    def certificate(self, name, authority="ca", seconds=None):
        """Key and certificate of CN=name in one file. One that lasts for some seconds only is made anew each time."""
        if seconds:
            return self._passing(name, authority, seconds)
        made = self.certs / (f"{name}.pem" if authority == "ca" else f"{name}-of-{authority}.pem")
        if not made.exists():
            self._authority(authority)
            signed_by = [*("-CA", self.certs / f"{authority}.pem"), *("-CAkey", self.certs / f"{authority}.key")]
            names = ("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
            self._self_signed(made.stem, "-subj", f"/CN={name}", *names, *signed_by)
            made.write_text((self.certs / f"{made.stem}.key").read_text() + made.read_text())
        return made

    def _passing(self, name, authority, seconds):
        """`openssl ca` alone can make one that ends within less than a day."""
        made, config = self.certs / f"{name}-passing.pem", self.certs / "passing.conf"
        asked, key, index = (made.with_suffix(end) for end in (".csr", ".key", ".index"))
        config.write_text(
            f"[ca]\ndefault_ca=here\n[here]\ndatabase={index}\nnew_certs_dir={self.certs}\nrand_serial=yes\n"
            "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n"
        )
        index.write_text("")
        ends = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))
        signed_by = [*("-cert", self.certs / f"{authority}.pem"), *("-keyfile", self.certs / f"{authority}.key")]
        self._openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", asked)
        self._openssl("ca", "-batch", "-notext", "-config", config, *signed_by, "-enddate", ends, "-in", asked, "-out", made)
        made.write_text(key.read_text() + made.read_text())
        return made

    def _self_signed(self, name, *words):
        made = ["-keyout", self.certs / f"{name}.key", "-out", self.certs / f"{name}.pem"]
        self._openssl("req", "-x509", *NEW_KEY, "-days", "2", *made, *words)

    def _openssl(self, *words):
        done = subprocess.run(["openssl", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise broker.BrokerError(f"openssl {words[0]} made no certificate in {self.certs}:\n{done.stderr}")

    def client(self, name, mechanism=None, password=None, authority="ca", seconds=None):
        """Properties of librdkafka for this user: by certificate, or by password where a mechanism is named."""
        shared = {"ssl.ca.location": str(self.certs / "ca.pem")}
        if mechanism:
            login = {"sasl.mechanism": mechanism, "sasl.username": name, "sasl.password": password or self.users.get(name, "")}
            return {**shared, "security.protocol": "sasl_ssl", **login}
        own = str(self.certificate(name, authority, seconds))
        return {**shared, "security.protocol": "ssl", "ssl.certificate.location": own, "ssl.key.location": own}

    def by_password(self):
        """Bootstrap servers of the listener that asks for passwords."""
        return self._listener(2)

    def in_plaintext(self):
        """Bootstrap servers that bid every client go elsewhere."""
        return self._listener(3)

    def _listener(self, which):
        first = which * self.nodes
        return ",".join(f"127.0.0.1:{port}" for port in self.ports[first : first + self.nodes])

    # -- who may do what

    def allow(self, user, resource, name, operation, pattern="literal"):
        """One ACL, by the protocol itself: neither librdkafka 2.0.2 nor a tool in the jars of 4.x makes one for a transactional id."""
        body = struct.pack(">ib", 1, RESOURCES[resource]) + text(name) + struct.pack(">b", PATTERNS[pattern])
        body += text(f"User:{user}") + text("*") + struct.pack(">bb", OPERATIONS[operation], ALLOW)
        answer = broker.ask(self.ports[0], CREATE_ACLS, 1, body, 10.0, self.tls)
        failed = struct.unpack(">iih", answer[:10])[2]  # throttle, one result
        if failed:
            raise broker.BrokerError(f"no ACL for {user} on {resource} {name}: error {failed}")
        self._wait_known(rights(user, resource, name, operation), True)

    def forbid(self, user, resource=None, name=None, operation=None):
        """Take away every right of a user, or this one."""
        which = rights(user, resource, name, operation)
        answer = broker.ask(self.ports[0], DELETE_ACLS, 1, struct.pack(">i", 1) + which, 10.0, self.tls)
        failed = struct.unpack(">iih", answer[:10])[2]
        if failed:
            raise broker.BrokerError(f"the ACLs of {user} stay: error {failed}")
        self._wait_known(which, False)

    def _wait_known(self, which, wanted):
        """Return when such rights are there, or are not, in the eyes of every broker: each hears of them in its own time."""
        until = time.monotonic() + KNOWN_SECONDS
        for port in self.ports[: self.nodes]:
            while self._any_rights(port, which) != wanted:
                if time.monotonic() > until:
                    raise broker.BrokerError(f"the broker at {port} did not hear of a change of rights within {KNOWN_SECONDS} s")
                time.sleep(broker.PROBE_EVERY)  # nothing announces it

    def _any_rights(self, port, which):
        answer = broker.ask(port, DESCRIBE_ACLS, 1, which, 10.0, self.tls)
        failed, length = struct.unpack(">hh", answer[4:8])  # behind throttle; length of the message, -1: none
        if failed:
            raise broker.BrokerError(f"the broker at {port} shows no ACLs: error {failed}")
        return struct.unpack(">i", answer[8 + max(length, 0) :][:4])[0] > 0

    def tool(self, name, *words):
        """Run a tool of the jars as the admin; what names a settings file gets the admin's."""
        own = self.certs / "admin.properties"
        store = "".join(f"ssl.{which}store.type=PEM\nssl.{which}store.location={self.certs / file}\n" for which, file in
                        (("key", f"{ADMIN}.pem"), ("trust", "ca.pem")))
        own.write_text(f"security.protocol=SSL\n{store}")
        words = [own if word == "admin.properties" else word for word in words]
        done = subprocess.run(self._java([name, *words]), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise broker.BrokerError(f"{name} failed:\n{done.stdout}{done.stderr}")

    # -- inside

    def _format_words(self):
        if not self.scram:
            return []
        secrets = [f"SCRAM-SHA-512=[name={name},password={password}]" for name, password in self.users.items()]
        return [word for secret in secrets for word in ("--add-scram", secret)]

    def _settings(self, node):
        port, control, password, plain = (self.ports[i * self.nodes + node - 1] for i in range(4))
        clients = f"SSL://127.0.0.1:{port},SASL_SSL://127.0.0.1:{password}"
        module = "org.apache.kafka.common.security"
        names = "".join(f' user_{name}="{secret}"' for name, secret in self.users.items())
        settings = {
            **super()._settings(node),
            "listeners": f"{clients},PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{control}",
            "advertised.listeners": f"{clients},PLAINTEXT://{ELSEWHERE}:{plain}",
            "listener.security.protocol.map": "CONTROLLER:SSL,SSL:SSL,SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT",
            "inter.broker.listener.name": "SSL",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.certs / f"{BROKER}.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.certs / "trusted.pem",
            "listener.name.ssl.ssl.client.auth": "required",
            "listener.name.controller.ssl.client.auth": "required",
            "ssl.principal.mapping.rules": "RULE:^CN=([a-zA-Z0-9_-]+).*$/$1/,DEFAULT",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": f"{module}.plain.PlainLoginModule required{names};",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{module}.scram.ScramLoginModule required;",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{BROKER};User:{ADMIN}",
        }
        return settings


def rights(user, resource=None, name=None, operation=None):
    """A user's rights, all of them or those that are named, as a filter of the protocol."""
    what = struct.pack(">b", RESOURCES[resource] if resource else ANY) + (text(name) if name else struct.pack(">h", -1))
    who = text(f"User:{user}") + struct.pack(">h", -1)  # from any host
    return what + struct.pack(">b", ANY) + who + struct.pack(">bb", OPERATIONS[operation] if operation else ANY, ANY)


def text(value):
    """A string as the protocol writes it."""
    raw = value.encode()
    return struct.pack(">h", len(raw)) + raw
