"""Certificates for peers, made by openssl: one CA per object. Keys are P-256,
because they cost nothing to make.
"""

import os
import shutil
import subprocess


def _openssl(*arguments):
    subprocess.run(("openssl",) + arguments, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Authority:
    """A certificate authority in a folder of its own. ca is the PEM file to trust; trust is a
    folder with nothing but that, as docker's and skopeo's certs.d have it."""

    def __init__(self, folder, name="weir test CA"):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.ca = os.path.join(folder, "ca.pem")
        self.ca_key = os.path.join(folder, "ca.key")
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-keyout", self.ca_key, "-out", self.ca, "-days", "30", "-subj", "/CN=" + name)
        self.trust = os.path.join(folder, "trust")
        os.makedirs(self.trust, exist_ok=True)
        shutil.copyfile(self.ca, os.path.join(self.trust, "ca.crt"))

    def issue(self, name, common_name, organization=None, alt_names=("IP:127.0.0.1",
                                                                    "DNS:localhost"), days=30):
        """Make name.pem and name.key, good for servers and clients; gives both paths.
        days may be negative: expired."""
        certificate = os.path.join(self.folder, name + ".pem")
        key, request = (os.path.join(self.folder, name + end) for end in (".key", ".csr"))
        extensions = os.path.join(self.folder, name + ".ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write("extendedKeyUsage=serverAuth,clientAuth\n")
            if alt_names:
                file.write("subjectAltName=%s\n" % ",".join(alt_names))
        subject = ("/O=" + organization if organization else "") + "/CN=" + common_name
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-keyout", key, "-out", request, "-subj", subject)
        _openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.ca_key,
                 "-CAcreateserial", "-out", certificate, "-days", str(days),
                 "-extfile", extensions)
        return certificate, key
