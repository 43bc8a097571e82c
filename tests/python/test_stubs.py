#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thr.pyi, which editors read, and the module itself: each has what the other has."""

import ast
import inspect
import os
import shutil
import subprocess
import tempfile

from common import GObject, TestCase, Thr, main, unittest
from gi._gi import Direction, VFuncInfo

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
STUB = os.path.join(ROOT, "src", "bindings", "python", "gi-stubs", "repository", "Thr.pyi")
EXAMPLES = os.path.join(ROOT, "examples", "python")

OURS = ("gi.overrides.Thr", "gi.overrides._thr", "gi.repository.Thr")
# The special methods that a stub says something by.
SPECIAL = {f"__{name}__" for name in """
    aenter aexit aiter anext await call contains delattr enter exit getattr getitem init iter
    len setattr
""".split()}
# What C has for itself in its structures.
FIELDS = {"g_type_instance", "parent_class", "parent_instance", "reserved"}
# Their arguments come by __new__().
MADE_BY_NEW = {"Async", "Event", "ThreadWrapper"}

with open(STUB, encoding="utf-8") as file:
    TREE = ast.parse(file.read())


def stubs_in(tree):
    """By name: its definitions, of which there are several where it is overloaded."""
    stubs = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign):
            stubs[node.target.id] = [node]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            stubs.setdefault(node.name, []).append(node)
    return stubs


def public_names():
    for name in dir(Thr):
        thing = getattr(Thr, name)
        is_class_struct = isinstance(thing, type) and name.endswith("Class")
        if not name.startswith("_") and not is_class_struct:
            yield name


STUBS = {name: stub for name, stub in stubs_in(TREE).items() if not name.startswith("_")}
CLASSES = {
    name: getattr(Thr, name) for name in public_names() if isinstance(getattr(Thr, name), type)
}


def is_public(cls, name, member):
    if name.startswith("_"):
        # The raw classes have special methods for any signature.
        is_raw = cls.__module__ == "gi.repository.Thr" and hasattr(cls, "__info__")
        return name in SPECIAL and not is_raw
    return name not in FIELDS and not isinstance(member, VFuncInfo)


def members_of(cls):
    """What the class has itself, or by the raw class below that nobody else sees."""
    members = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith(OURS):
            members.update((n, m) for n, m in vars(base).items() if is_public(base, n, m))
    inherited = set()
    for base in cls.__mro__[1:]:
        if base in CLASSES.values():
            inherited.update(members_of(base))
    return {n: m for n, m in members.items() if n in vars(cls) or n not in inherited}


def is_enum(cls):
    return issubclass(cls, (GObject.GEnum, GObject.GFlags))


def raw_parameters(function):
    """The names of what a function of the library is given from Python."""
    arguments = function.get_arguments()
    hidden = set()
    lists = [function.get_return_type(), *(argument.get_type() for argument in arguments)]
    for type_ in lists:
        if type_.get_tag_as_string() == "array":
            hidden.add(type_.get_array_length())
    names = []
    for index, argument in enumerate(arguments):
        hidden.update({argument.get_closure(), argument.get_destroy()} - {index})
        is_out = argument.get_direction() == Direction.OUT
        if index not in hidden and not is_out:
            names.append(argument.get_name())
    return names


def parameters_of_stub(node, is_bound):
    """(name, kind, has default) of each."""
    arguments = node.args
    kinds = [
        (arguments.posonlyargs, inspect.Parameter.POSITIONAL_ONLY),
        (arguments.args, inspect.Parameter.POSITIONAL_OR_KEYWORD),
    ]
    positional = [(arg.arg, kind) for args, kind in kinds for arg in args]
    n_without = len(positional) - len(arguments.defaults)
    parameters = [(*pair, index >= n_without) for index, pair in enumerate(positional)]
    if arguments.vararg is not None:
        parameters.append((arguments.vararg.arg, inspect.Parameter.VAR_POSITIONAL, False))
    for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        parameters.append((arg.arg, inspect.Parameter.KEYWORD_ONLY, default is not None))
    if arguments.kwarg is not None:
        parameters.append((arguments.kwarg.arg, inspect.Parameter.VAR_KEYWORD, False))
    return parameters[1:] if is_bound else parameters


def is_static(node):
    return any(getattr(d, "id", None) == "staticmethod" for d in node.decorator_list)


def is_property(node):
    return any(getattr(d, "id", None) == "property" for d in node.decorator_list)


class Stubs(TestCase):
    def test_names_of_the_module(self):
        self.assertEqual(sorted(STUBS), sorted(public_names()))

    def test_members(self):
        for name, cls in CLASSES.items():
            with self.subTest(name):
                stubs = stubs_in(STUBS[name][0])
                members = set(members_of(cls))
                if is_enum(cls):
                    members = {member for member in members if member.isupper()}
                elif name in MADE_BY_NEW:
                    members.add("__init__")
                elif name == "Error":  # whose raw class is an enumeration
                    members = {m for m in members if m.isupper() or m in vars(Thr.Error)}
                self.assertEqual(sorted(stubs), sorted(members))

    def test_bases(self):
        for name, cls in CLASSES.items():
            with self.subTest(name):
                bases = {base.id for base in STUBS[name][0].bases if isinstance(base, ast.Name)}
                ours = {base for base in bases if base in CLASSES}
                for base in ours:
                    self.assertTrue(issubclass(cls, CLASSES[base]))
                parents = [n for n, c in CLASSES.items() if c in cls.__mro__[1:]]
                self.assertEqual(bool(ours), bool(parents))

    def functions(self):
        """(name, stubs, function, whether it is bound) of all there are."""
        for name, nodes in STUBS.items():
            if isinstance(nodes[0], ast.FunctionDef):
                yield name, nodes, getattr(Thr, name), False
        for name, cls in CLASSES.items():
            members = members_of(cls)
            for member, nodes in stubs_in(STUBS[name][0]).items():
                if isinstance(nodes[0], ast.AnnAssign) or is_property(nodes[0]):
                    continue
                function = members.get(member)
                if member == "__init__" and name in MADE_BY_NEW:
                    function = vars(cls)["__new__"]
                yield f"{name}.{member}", nodes, function, not is_static(nodes[0])

    def test_parameters(self):
        n_seen = 0
        for name, nodes, function, is_bound in self.functions():
            with self.subTest(name):
                function = getattr(function, "__func__", function)
                raw = getattr(function, "__wrapped__", function)
                if hasattr(raw, "get_arguments"):
                    self.compare_with_raw(nodes, raw, is_bound)
                else:
                    self.compare(nodes, function, is_bound)
            n_seen += 1
        self.assertGreater(n_seen, 250)

    def compare_with_raw(self, nodes, raw, is_bound):
        (node,) = nodes
        self.assertEqual(raw.is_method(), is_bound)
        names = [name for name, *_ in parameters_of_stub(node, is_bound)]
        if "user_data" in names:
            names.remove("user_data")
        self.assertEqual(names, raw_parameters(raw))

    def compare(self, nodes, function, is_bound):
        signature = inspect.signature(function)
        expected = [
            (parameter.name, parameter.kind, parameter.default is not parameter.empty)
            for parameter in signature.parameters.values()
        ][1 if is_bound else 0 :]
        if len(nodes) == 1:
            self.assertEqual(parameters_of_stub(nodes[0], is_bound), expected)
            return
        # An overload may leave out what the others have.
        named = [[name for name, *_ in parameters_of_stub(node, is_bound)] for node in nodes]
        names = [name for name, *_ in expected]
        for these in named:
            self.assertEqual(these, [name for name in names if name in these])
        self.assertEqual({name for these in named for name in these}, set(names))

    def test_kinds(self):
        """A property that cannot be set is one in the stub."""
        for name, cls in CLASSES.items():
            for member, thing in members_of(cls).items():
                if isinstance(thing, property):
                    with self.subTest(f"{name}.{member}"):
                        node = stubs_in(STUBS[name][0])[member][0]
                        self.assertEqual(isinstance(node, ast.AnnAssign), thing.fset is not None)

    def test_constants(self):
        for name, (node, *_) in STUBS.items():
            if isinstance(node, ast.AnnAssign):
                with self.subTest(name):
                    self.assertEqual(type(getattr(Thr, name)).__name__, node.annotation.id)


SAMPLE = '''
import gi
gi.require_version("Thr", "1.0")
from gi.repository import Thr


def count(thread: Thr.ThreadWrapper, limit: int) -> int:
    for number in range(limit):
        thread.checkpoint()
        thread.status = number
    return limit


@Thr.background
def square(number: int) -> int:
    return number * number


async def use() -> None:
    with Thr.ThreadManager(name="counting", thread_limit=2) as manager:
        thread = manager.do_async(count, [3], on_success=print)
        assert thread.execution_state == Thr.ExecutionState.RUNNING
        await thread
        await manager.wait_idle_async()
        print(square(3).result(timeout=1.5), manager["thr-1"].ident.upper())
    worker = Thr.create_worker(Thr.wait_forever)
    worker.fire("A", 1).stop().join()
    pending = Thr.Thimble([1], ["append"]).append(2)
    try:
        Thr.thread_manager.run()
    except Thr.NoThreadsFoundError as error:
        print(error.matches(Thr.Error.NO_THREADS_FOUND))
'''
# Each is a mistake, which mypy is to find.
MISTAKES = [
    "thread = Thr.thread_manager.do_async()",
    "Thr.thread_manager.do_async(print, on_succes=print)",
    "Thr.no_such_name",
    "Thr.create_worker(print).join('soon')",
    "Thr.ThreadManager(name=3)",
    "Thr.Defer().resolve(1, 2)",
    "number: str = Thr.thread_manager.n_queued",
    "Thr.set_exit('drain')",
]


@unittest.skipUnless(shutil.which("mypy", path="/usr/bin"), "mypy is not installed")
class Mypy(TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="test-stubs-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        # The other stubs of gi are not here: all else is anything.
        repository = os.path.join(self.folder, "path", "gi", "repository")
        os.makedirs(repository)
        shutil.copy(STUB, repository)
        for package in repository, os.path.dirname(repository):
            with open(os.path.join(package, "__init__.pyi"), "w", encoding="utf-8") as init:
                init.write("from typing import Any\ndef __getattr__(name: str) -> Any: ...\n")

    def mypy(self, *arguments):
        return subprocess.run(
            ["/usr/bin/mypy", "--cache-dir=cache", "--allow-subclassing-any", *arguments],
            cwd=self.folder,
            env={**os.environ, "MYPYPATH": os.path.join(self.folder, "path")},
            capture_output=True,
            encoding="utf-8",
        )

    def test_stub(self):
        result = self.mypy("--strict", "-p", "gi.repository")
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_sample(self):
        def write(name, text):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)

        write("sample.py", SAMPLE)
        result = self.mypy("--strict", "sample.py")
        self.assertEqual(result.returncode, 0, result.stdout)
        header = "from gi.repository import Thr\n"
        write("mistakes.py", header + "\n".join(MISTAKES) + "\n")
        result = self.mypy("mistakes.py")
        found = {line.split(":")[1] for line in result.stdout.splitlines() if ": error:" in line}
        self.assertEqual(found, {str(2 + index) for index in range(len(MISTAKES))}, result.stdout)

    def test_examples(self):
        names = sorted(name for name in os.listdir(EXAMPLES) if name.endswith(".py"))
        result = self.mypy(
            "--check-untyped-defs",
            "--disable-error-code=var-annotated",  # they have no annotations at all
            *(os.path.join(EXAMPLES, name) for name in names),
        )
        self.assertEqual(result.returncode, 0, result.stdout)


if __name__ == "__main__":
    main()
