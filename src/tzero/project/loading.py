"""Run declaration files, and find the feature views in them."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from tzero.errors import ConfigError, DeclarationError, Place, TzeroError
from tzero.features.views import FeatureView


def load_views(root: Path, files: Iterable[str]) -> tuple[FeatureView, ...]:
    """The feature views that stand at the top level of the files, in order.

    Files may import modules that lie beside them. Raises DeclarationError with the file and line where one does not
    parse, raises, or holds no view.
    """
    found: dict[int, FeatureView] = {}
    with _importable(root):
        for file in files:
            module = _run(root, file)
            views = {id(value): value for value in vars(module).values() if isinstance(value, FeatureView)}
            if not views:
                raise DeclarationError(
                    "no FeatureView at the top level",
                    place=Place(str(root / file), 1),
                    fix="declare one: features = FeatureView('schema.name', rows, ...)",
                )
            found |= views
    return tuple(found.values())


def _run(root: Path, file: str) -> ModuleType:
    path = root / file
    try:
        source = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            f"there is no declarations file {file} in {root}", fix="correct 'declarations' in tzero.toml"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    try:
        exec(compile(source, str(path), "exec"), vars(module))  # noqa: S102  declarations are the user's own program
    except SyntaxError as error:
        place = Place(error.filename or str(path), error.lineno or 1)
        raise DeclarationError(f"this is not Python: {error.msg}", place=place) from error
    except TzeroError as error:
        if error.place is None:
            error.place = _innermost(error, root, path)
        raise
    except (Exception, SystemExit) as error:
        what = "".join(traceback.format_exception_only(error)).strip()
        raise DeclarationError(f"the declarations stopped with {what}", place=_innermost(error, root, path)) from error
    return module


def _innermost(error: BaseException, root: Path, path: Path) -> Place:
    """The last line of the user's own files that the error went through."""
    own = [
        Place(frame.filename, frame.lineno or 1)
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(root)
    ]
    return own[-1] if own else Place(str(path), 1)


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let files import their neighbours; forget those modules afterwards, so that two projects never share one."""
    before = set(sys.modules)
    writes = sys.dont_write_bytecode
    sys.path.insert(0, str(root))
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        sys.path.remove(str(root))
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and Path(file).is_relative_to(root):
                del sys.modules[name]
