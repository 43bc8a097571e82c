#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Functions that run in the background whenever they are called."""

import inspect

from common import TestCase, Thr, main, run_until, threading

SOON = 20  # seconds, for a machine that is busy


class Background(TestCase):
    def test_without_parameters(self):
        @Thr.background
        def add(a, b=2):
            """Adds."""
            return a + b, threading.get_ident()

        thread = add(1, b=3)
        self.assertIsInstance(thread, Thr.ThreadWrapper)
        value, ident = thread.result(SOON)
        self.assertEqual(value, 4)
        self.assertNotEqual(ident, self.home)
        self.assertEqual((add.__name__, add.__doc__), ("add", "Adds."))
        self.assertEqual(str(inspect.signature(add)), "(a, b=2)")
        self.assertEqual(add.__wrapped__(1)[0], 3)

    def test_any_name_of_a_parameter(self):
        @Thr.background
        def work(*args, **kwargs):
            return args, kwargs

        self.assertEqual(work(1, self=2).result(SOON), ((1,), {"self": 2}))

    def test_with_parameters(self):
        told = []

        @Thr.background(
            give_thread=True, on_success=told.append, on_end=lambda: told.append("end"), name="job"
        )
        def work(thread, number, *, more=0):
            thread.status = number
            return thread.name, number + more

        thread = work(5, more=1)
        self.assertEqual(thread.result(SOON), ("job", 6))
        run_until(lambda: len(told) == 2)
        self.assertEqual(told, [("job", 6), "end"])
        self.assertEqual(thread.status, 5)
        self.assertEqual(str(inspect.signature(work)), "(number, *, more=0)")

    def test_failure(self):
        told = []

        @Thr.background(on_fail=told.append)
        def work():
            raise ValueError("why")

        work()
        run_until(lambda: told)
        self.assertIsInstance(told[0], ValueError)

    def test_parameters_that_are_none(self):
        with self.assertRaisesRegex(TypeError, "on_sucess"):
            Thr.background(on_sucess=print)
        with self.assertRaisesRegex(TypeError, "fn_args"):
            Thr.background(fn_args=[1])
        with self.assertRaisesRegex(TypeError, "a function is needed"):
            Thr.background(5)

    def test_of_another_manager(self):
        manager = Thr.ThreadManager(thread_limit=1)
        background = Thr.BackgroundDecorator(manager)
        self.assertIs(background.manager, manager)

        @background
        def work():
            return 1

        thread = work()
        self.assertIs(thread.manager, manager)
        self.assertEqual(thread.result(SOON), 1)
        self.assertIs(Thr.background.manager, Thr.thread_manager)

    def test_twice(self):
        manager = Thr.ThreadManager()
        inner = Thr.background(lambda: 1)
        thread = Thr.BackgroundDecorator(manager)(inner)()
        self.assertIs(thread.manager, manager)
        self.assertEqual(thread.result(SOON).result(SOON), 1)

    def test_methods(self):
        class Thing:
            factor = 3

            @Thr.background
            def method(self, number):
                """Multiplies."""
                return self, self.factor * number

            @Thr.background(give_thread=True)
            def with_thread(self, thread, number):
                return thread, self, number

            @classmethod
            @Thr.background
            def inner_class_method(cls, number):
                return cls, number

            @Thr.background
            @classmethod
            def class_method(cls, number):
                return cls, number

            @staticmethod
            @Thr.background
            def inner_static(number):
                return number

            @Thr.background
            @staticmethod
            def static(number):
                return number

        class Derived(Thing):
            factor = 4

        for cls in Thing, Derived:
            thing = cls()
            with self.subTest(cls.__name__):
                self.assertEqual(thing.method(2).result(SOON), (thing, cls.factor * 2))
                bound = thing.method
                self.assertEqual(bound(number=1).result(SOON), (thing, cls.factor))
                self.assertEqual(cls.method(thing, 2).result(SOON), (thing, cls.factor * 2))
                thread = thing.with_thread(5)
                self.assertEqual(thread.result(SOON), (thread, thing, 5))
                for called in thing, cls:
                    self.assertEqual(called.class_method(1).result(SOON), (cls, 1))
                    self.assertEqual(called.static(2).result(SOON), 2)
                    self.assertEqual(called.inner_static(2).result(SOON), 2)
                    self.assertEqual(called.inner_class_method(1).result(SOON), (cls, 1))
                self.assertEqual(str(inspect.signature(thing.method)), "(number)")
                self.assertEqual(thing.method.__doc__, "Multiplies.")

    def test_a_bound_method(self):
        items = []
        Thr.background(items.append)(1).join(SOON)
        self.assertEqual(items, [1])


if __name__ == "__main__":
    main()
