# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counterparts of the first system: a thread manager with a decorator."""

import inspect

from common import Gate, TestCase, Thr, run_until, time
from seed import counterpart

NAMES = """
    thread_manager ThreadManager ThreadManager.do_async
    do_async(function) do_async(fn_args) do_async(fn_kwargs)
    do_async(on_success) do_async(on_fail) do_async(on_end)
    ThreadWrapper ThreadWrapper.status ThreadWrapper.execution_state
    ThreadWrapper.execution_state_queue
    CREATED RUNNING RETURNED EXCEPTION FINISHING CLOSED
    background background(give_thread) BackgroundDecorator
    snippet:deploy_file snippet:update_server snippet:update_server(network_is_down)
    snippet:expensive_computation snippet:send_mail snippet:filter_logs
    snippet:create_resource
""".split()


class ThreadManager(TestCase):
    @counterpart("thread_manager")
    def test_thread_manager(self):
        self.assertIsInstance(Thr.thread_manager, Thr.ThreadManager)
        self.assertIs(Thr.thread_manager, Thr.ThreadManager.get_default())

    @counterpart("ThreadManager", "BackgroundDecorator")
    def test_background_decorator(self):
        manager = Thr.ThreadManager()
        background = Thr.BackgroundDecorator(manager)
        thread = background(lambda: 3)()
        self.assertIs(thread.manager, manager)
        self.assertEqual(thread.result(), 3)

    @counterpart(
        "ThreadManager.do_async",
        "do_async(function)",
        "do_async(fn_args)",
        "do_async(fn_kwargs)",
        "ThreadWrapper",
        "snippet:deploy_file",
    )
    def test_deploy_file(self):
        deployed = []

        def deploy_file(thread, file, *servers, login="root", ssh_key="~/.ssh/id_rsa"):
            for server in servers:
                deployed.append((thread, file, server, login, ssh_key))

        thread = Thr.thread_manager.do_async(
            deploy_file,
            fn_args=["background.png", "host1.example.net", "host2.example.net"],
            fn_kwargs={"ssh_key": "~/ssh_deploy_key"},
        )
        self.assertIsInstance(thread, Thr.ThreadWrapper)
        thread.join()
        self.assertEqual(
            deployed,
            [
                (thread, "background.png", f"host{n}.example.net", "root", "~/ssh_deploy_key")
                for n in (1, 2)
            ],
        )

    def update(self, network_is_up):
        calls = []

        def update_server(thread, servers):
            if not network_is_up:
                raise Exception("Network is down")
            return [f"httpd on {server}" for server in servers]

        thread = Thr.thread_manager.do_async(
            update_server,
            [["a", "b"]],
            on_success=lambda services: calls.append(("restart", services)),
            on_fail=lambda error: calls.append(("mail", error)),
            on_end=lambda: calls.append(("clean",)),
        )
        run_until(lambda: thread.execution_state == "CLOSED")
        return calls

    @counterpart("do_async(on_success)", "do_async(on_end)", "snippet:update_server")
    def test_update_server(self):
        self.assertEqual(
            self.update(True), [("restart", ["httpd on a", "httpd on b"]), ("clean",)]
        )

    @counterpart("do_async(on_fail)", "snippet:update_server(network_is_down)")
    def test_network_is_down(self):
        (what, error), end = self.update(False)
        self.assertEqual((what, end), ("mail", ("clean",)))
        self.assertIs(type(error), Exception)
        self.assertEqual(str(error), "Network is down")

    @counterpart("ThreadWrapper.status", "snippet:expensive_computation")
    def test_expensive_computation(self):
        half, go_on = Gate(), Gate()

        def expensive_computation(thread, lines):
            total = len(lines)
            for index, _ in enumerate(lines):
                thread.status = index / total
                if index == total // 2:
                    half.open()
                    go_on.wait()

        first = Thr.thread_manager.do_async(expensive_computation, [range(10)])
        second = Thr.thread_manager.do_async(expensive_computation, [range(10)])
        half.wait()
        seen = []
        while first.execution_state == "RUNNING" or second.execution_state == "RUNNING":
            seen.append(f"thread 1 at {(first.status or 0) * 100}%")
            go_on.open()
            time.sleep(0.001)
        self.assertIn("thread 1 at ", seen[0])
        self.assertEqual((first.status, second.status), (0.9, 0.9))

    @counterpart(
        "ThreadWrapper.execution_state",
        "ThreadWrapper.execution_state_queue",
        *"CREATED RUNNING RETURNED EXCEPTION FINISHING CLOSED".split(),
    )
    def test_execution_state(self):
        for failure, expected in (None, "RETURNED"), (ValueError(), "EXCEPTION"):

            def function(thread, failure=failure):
                if failure is not None:
                    raise failure

            states = []
            thread = Thr.ThreadWrapper(function)
            self.assertEqual(thread.execution_state, "CREATED")
            thread.set_on_success(lambda _: states.append(("success", thread.execution_state)))
            thread.set_on_fail(lambda _: states.append(("fail", thread.execution_state)))
            thread.set_on_end(lambda: states.append(("end", thread.execution_state)))
            # What the queue was for.
            steps = []
            thread.connect(
                "notify::execution-state", lambda *_: steps.append(str(thread.execution_state))
            )
            Thr.thread_manager.submit(thread)
            run_until(lambda: thread.execution_state == "CLOSED")
            callback = "success" if failure is None else "fail"
            self.assertEqual(states, [(callback, expected), ("end", "FINISHING")])
            self.assertEqual(steps, ["RUNNING", expected, "FINISHING", "CLOSED"])
            self.assertEqual(thread.finished_with, expected)

    @counterpart("background", "snippet:filter_logs")
    def test_background(self):
        @Thr.background
        def filter_logs(logs=("a", "debug b")):
            """Filters."""
            return [log for log in logs if not log.startswith("debug")]

        thread = filter_logs()
        self.assertIs(thread.manager, Thr.thread_manager)
        self.assertEqual(thread.result(), ["a"])
        self.assertEqual((filter_logs.__name__, filter_logs.__doc__), ("filter_logs", "Filters."))
        self.assertEqual(str(inspect.signature(filter_logs)), "(logs=('a', 'debug b'))")

    @counterpart("background(give_thread)", "snippet:send_mail", "snippet:create_resource")
    def test_send_mail(self):
        sent, ended, gate = [], [], Gate()

        @Thr.background(give_thread=True, on_end=lambda: ended.append(True))
        def send_mail(thread, mail, users):
            gate.wait()
            count = len(users)
            for user in users:
                count -= 1
                thread.status = count
                sent.append((mail, user))

        def create_resource(resource_dict):
            return send_mail("a warning", resource_dict["people"])  # returns immediately

        thread = create_resource({"people": ["ada", "grace"]})
        self.assertEqual(sent, [])
        gate.open()
        thread.join()
        self.assertEqual(sent, [("a warning", "ada"), ("a warning", "grace")])
        self.assertEqual((thread.status, ended), (0, [True]))
