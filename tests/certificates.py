"""Certificates that live as long as a test: one authority, one server, one caller."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Signer = tuple[x509.Name, ec.EllipticCurvePrivateKey]


def authority(folder: Path, name: str) -> Signer:
    """An authority, whose certificate lies at `<name>.crt`."""
    key, called = ec.generate_private_key(ec.SECP256R1()), _name(name)
    built = _begun(called, key).issuer_name(called).add_extension(x509.BasicConstraints(True, None), critical=True)
    _write(folder, name, built.sign(key, hashes.SHA256()), key)
    return called, key


def signed(folder: Path, name: str, by: Signer) -> tuple[str, str]:
    """The files of a certificate for 127.0.0.1, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    built = _begun(_name(name), key).issuer_name(by[0]).add_extension(here, critical=False)
    _write(folder, name, built.sign(by[1], hashes.SHA256()), key)
    return str(folder / f"{name}.crt"), str(folder / f"{name}.key")


def _begun(called: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    begun = x509.CertificateBuilder().subject_name(called).public_key(key.public_key())
    begun = begun.serial_number(x509.random_serial_number())
    return begun.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _write(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / f"{name}.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
