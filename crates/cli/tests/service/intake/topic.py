"""Something that sends as Amazon SNS does: a key and a certificate of its own, and messages signed with it."""

import base64
import datetime
import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from nightjar import post
from senders import now

NAME = "sns.test"
ARN = "arn:aws:sns:eu-central-1:123456789012:oncall"
# In the order in which they are signed.
NOTIFIED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMED = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


class Topic:
    """A topic, and the server that has its certificate and takes confirmations."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.pem = certificate(self.key)
        self.asked = []
        topic = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                topic.asked.append(self.path)
                if self.path.startswith("/moved"):
                    self.send_response(302)
                    self.send_header("Location", "/certificate.pem")
                    self.end_headers()
                    return
                known = self.path == "/certificate.pem" or "ConfirmSubscription" in self.path
                self.send_response(200 if known else 404)
                self.end_headers()
                self.wfile.write(topic.pem)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def message(self, fields, key=None, certificate="/certificate.pem"):
        """A signed message."""
        fields = {"MessageId": str(uuid.uuid4()), "TopicArn": ARN, "Timestamp": now(), **fields}
        order = NOTIFIED if fields["Type"] == "Notification" else CONFIRMED
        text = "".join(f"{name}\n{fields[name]}\n" for name in order if name in fields)
        signed = (key or self.key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        url = certificate if "://" in certificate else self.origin + certificate
        return {
            **fields,
            "SignatureVersion": "2",
            "Signature": base64.b64encode(signed).decode(),
            "SigningCertURL": url,
        }

    def notification(self, message, **words):
        return self.message({"Type": "Notification", "Message": json.dumps(message)}, **words)

    def confirmation(self):
        url = f"{self.origin}/?Action=ConfirmSubscription&TopicArn={ARN}&Token=2336"
        said = {"Message": "You have chosen to subscribe.", "Token": "2336", "SubscribeURL": url}
        return self.message({"Type": "SubscriptionConfirmation", **said})

    def deliver(self, url, message):
        return post(url, json.dumps(message), {"Content-Type": "text/plain; charset=UTF-8"})


def certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    today = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
