"""A certificate authority for a test: made anew each time, good for an hour."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Signed:
    """Where a certificate and its key lie, as PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """Signs certificates of this machine and of systems that ask."""

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def made(cls, folder: Path, name: str = "the test's authority") -> Authority:
        """A new one; its certificate lies in ca.pem."""
        folder.mkdir(parents=True)
        key, subject = ec.generate_private_key(ec.SECP256R1()), _name(name)
        made = _built(subject, subject, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        authority = cls(folder, made.sign(key, hashes.SHA256()), key)
        (folder / "ca.pem").write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
        return authority

    def sign(self, name: str, *, server: bool = False) -> Signed:
        """A certificate for a name, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        use = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        made = _built(_name(name), self.certificate.subject, key).add_extension(
            x509.ExtendedKeyUsage([use]), critical=False
        )
        if server:
            there = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            made = made.add_extension(x509.SubjectAlternativeName([there]), critical=False)
        found = Signed(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        signed = made.sign(self.key, hashes.SHA256())
        found.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        found.key.write_bytes(key.private_bytes(*plain))
        return found


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _built(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
    )
