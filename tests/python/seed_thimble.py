# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counterparts of the fourth system: blocking objects, wrapped."""

import functools
import inspect

from common import Gate, Gio, TestCase, Thr, run_until, threading
from seed import counterpart

NAMES = """
    Thimble Thimble(pool) Thimble(obj) Thimble(methods) Thimble(hooks)
    snippet:Car snippet:pool.started snippet:drive_to snippet:wheels
    snippet:reactor.stop snippet:own_pool snippet:one_thread
    snippet:subclass_or_utility_function
    snippet:FancyCar snippet:hook snippet:hook_of_an_asynchronous_method
""".split()


class Car:
    wheels = 4

    def drive_to(self, location):
        return f"driven to {location}"


class FancyCar(Car):
    def __init__(self):
        self.alarm_callback = None

    def register_alarm_callback(self, callback):
        self.alarm_callback = callback

    def alarm(self):
        if self.alarm_callback is not None:
            self.alarm_callback()


class Thimble(TestCase):
    def result_of(self, pending):
        settled = []
        pending.then(settled.append, settled.append)
        run_until(lambda: settled)
        return settled[0]

    @counterpart("Thimble", "Thimble(obj)", "Thimble(methods)", "snippet:Car", "snippet:drive_to")
    def test_drive_to(self):
        printed = []
        car_thimble = Thr.Thimble(Car(), ["drive_to"])
        car_thimble.drive_to("work").then(printed.append)
        run_until(lambda: printed)
        self.assertEqual(printed, ["driven to work"])

    @counterpart("snippet:wheels")
    def test_wheels(self):
        self.assertEqual(Thr.Thimble(Car(), ["drive_to"]).wheels, 4)

    @counterpart("Thimble(pool)", "snippet:pool.started", "snippet:own_pool")
    def test_pool(self):
        pool = Thr.ThreadManager(name="cars", thread_limit=3)
        self.assertFalse(pool.started)
        thimble = Thr.Thimble(Car(), ["drive_to"], manager=pool)
        self.assertIs(thimble.manager, pool)
        self.assertEqual(self.result_of(thimble.drive_to("work")), "driven to work")
        self.assertTrue(pool.started)

    @counterpart("snippet:reactor.stop")
    def test_shutdown(self):
        application = Gio.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
        application.set_default()
        thimble = Thr.Thimble(Car(), ["drive_to"])
        started = []

        def drive(application):
            application.hold()
            thimble.drive_to("work").then(lambda _: started.append(thimble.manager.started))
            thimble.drive_to("home").then(lambda _: application.quit())

        application.connect("activate", drive)
        application.run([])
        self.assertEqual(started, [True])
        self.assertFalse(thimble.manager.started)

    @counterpart("snippet:one_thread")
    def test_one_thread(self):
        inside, most = [], []

        class Unsafe:
            def work(self):
                inside.append(True)
                most.append(len(inside))
                inside.pop()

        thimble = Thr.Thimble(Unsafe(), ["work"])
        self.assertEqual(thimble.manager.thread_limit, 1)
        for pending in [thimble.work() for _ in range(20)]:
            self.result_of(pending)
        self.assertEqual(most, [1] * 20)

    @counterpart("snippet:subclass_or_utility_function")
    def test_utility_function(self):
        thimble_of_car = functools.partial(
            Thr.Thimble, blocking_methods=["drive_to"], manager=Thr.ThreadManager()
        )
        first, second = thimble_of_car(Car()), thimble_of_car(Car())
        self.assertIs(first.manager, second.manager)
        self.assertEqual(self.result_of(first.drive_to("a")), "driven to a")

    @counterpart("Thimble(hooks)", "snippet:FancyCar", "snippet:hook")
    def test_hook(self):
        alarms, rung = [], Gate()

        def alarm_callback():
            alarms.append(threading.get_ident())

        def hook(thimble, attr, val):
            @functools.wraps(val)
            def run_callback_in_owner_context(*args, **kwargs):
                callargs = inspect.getcallargs(val, *args, **kwargs)
                orig_callback = callargs["callback"]
                return val(callback=lambda: Thr.invoke_owner(orig_callback))

            self.assertEqual((attr, thimble), ("register_alarm_callback", fancy_car_thimble))
            return run_callback_in_owner_context

        fancy_car = FancyCar()
        fancy_car_thimble = Thr.Thimble(
            fancy_car, ["drive_to", "alarm"], hooks={"register_alarm_callback": hook}
        )
        fancy_car_thimble.register_alarm_callback(alarm_callback)
        fancy_car_thimble.alarm().then(lambda _: rung.open())
        run_until(lambda: alarms and rung.is_set())
        self.assertEqual(alarms, [self.home])

    @counterpart("snippet:hook_of_an_asynchronous_method")
    def test_hook_of_an_asynchronous_method(self):
        hooked = []

        def hook(thimble, attr, val):
            hooked.append(threading.get_ident())
            return lambda location: (val(location.upper()), threading.get_ident())

        thimble = Thr.Thimble(Car(), ["drive_to"], hooks={"drive_to": hook})
        pending = thimble.drive_to("work")
        self.assertEqual(hooked, [self.home])
        result, ident = self.result_of(pending)
        self.assertEqual(result, "driven to WORK")
        self.assertNotEqual(ident, self.home)
