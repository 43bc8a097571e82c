// SPDX-License-Identifier: LGPL-2.1-or-later
// Managers and what is ready to be called, as Vala sees them through the vapi.

using Thr;

string names_of (ThreadManager manager) {
    var names = "";
    foreach (var thread in manager)
        names += thread.name + " ";
    return names;
}

void walk () throws Error {
    var manager = new ThreadManager ();
    var steps = 0;
    manager.keep_finished = 3;
    for (var i = 0; i < 3; i++) {
        manager.do_sliced (@"slices$i", (thread) => {
            return ++steps % 5 != 0;
        });
    }
    assert (manager.wait_idle ());

    assert (names_of (manager) == "slices0 slices1 slices2 ");
    assert (manager.size == 3 && manager[1].name == "slices1");
    assert (steps == 15);
    assert (manager.lookup (manager[2].ident) == manager[2]);
    assert (manager.lookup ("nobody") == null);
}

void model () throws Error {
    var manager = new ThreadManager ();
    ListModel list = manager;
    var changes = 0;
    assert (list.get_item_type () == typeof (ThreadWrapper) && list.get_n_items () == 0);
    list.items_changed.connect (() => changes++);
    manager.paused = true;
    var thread = manager.do_async ("item", (thread) => true);
    iterate_until (() => list.get_n_items () == 1);
    assert (list.get_item (0) == thread && list.get_item (1) == null);
    assert (manager.n_queued == 1 && manager.n_running == 0 && manager.busy);

    var jobs = manager.dup_jobs ();
    assert (jobs.length == 1 && jobs[0].name == "item");
    ThreadWrapper? kept = jobs[0];
    jobs = new GenericArray<ThreadWrapper> ();
    assert (kept == thread);

    manager.paused = false;
    assert (thread.join ());
    iterate_until (() => list.get_n_items () == 0);
    assert (changes == 2);
    assert (!manager.busy && manager.n_queued == 0);
}

void queue () throws Error {
    var manager = new ThreadManager ();
    manager.set_thread_limit (1);
    assert (manager.thread_limit == 1);
    manager.name = "queue";
    assert (manager.name == "queue" && manager.dup_name () == "queue" && manager.uid != "");
    manager.name = null;
    assert (manager.name == null);

    try {
        manager.run ();
        assert_not_reached ();
    } catch (ThrError.NO_THREADS_FOUND e) {
        assert (e.message != "");
    }

    var order = "";
    var first = new ThreadWrapper ("first", (thread) => true);
    var second = new ThreadWrapper ("second", (thread) => true);
    first.set_on_end ((thread) => order += thread.name + " ");
    second.set_on_end ((thread) => order += thread.name + " ");
    second.priority = Priority.HIGH;
    manager.append (first);
    manager.append (second);
    try {
        manager.run ();
        assert_not_reached ();
    } catch (ThrError.THREAD_LIMIT_REACHED e) {
    }
    assert (second.join ());
    manager.watch ();
    assert (first.join ());
    manager.stop_listening ();
    assert (order == "second first ");

    ThreadWrapper[] many = {};
    for (var i = 0; i < 100; i++)
        many += new ThreadWrapper (null, (thread) => true);
    assert (manager.submit_many (many));
    assert (manager.wait_idle ());
    foreach (var thread in many)
        assert (thread.execution_state == CLOSED && thread.finished_with == RETURNED);
    try {
        manager.submit (many[0]);
        assert_not_reached ();
    } catch (ThrError.INVALID_STATE e) {
    }
}

async void manual () throws Error {
    var manager = ThreadManager.get_default ();
    assert (manager == ThreadManager.get_default ());

    var given = manager.do_manual ("given");
    var refused = manager.do_manual ("refused");
    Idle.add (() => {
        try {
            given.return_string ("from outside");
            refused.return_error (new IOError.PERMISSION_DENIED ("no"));
        } catch (Error e) {
            error ("%s", e.message);
        }
        return Source.REMOVE;
    });
    var result = yield given.wait_async ();
    assert (((!) result).get_string () == "from outside");
    try {
        yield refused.wait_async ();
        assert_not_reached ();
    } catch (IOError.PERMISSION_DENIED e) {
    }
    yield manager.wait_idle_async ();
    assert (manager.progress == 1 || !manager.busy);
}

void unhandled () throws Error {
    var manager = new ThreadManager ();
    var heard = "";
    manager.unhandled_error.connect ((thread, failure) => {
        heard += ((!) thread).name + ": " + failure.message;
    });
    manager.do_async ("unheard", (thread) => { throw new IOError.CLOSED ("gone"); });
    manager.wait_idle ();
    iterate_until (() => heard != "");
    assert (heard == "unheard: gone");
}

async void shut_down () throws Error {
    var manager = new ThreadManager ();
    manager.start ();
    assert (manager.started);
    manager.stop ();
    assert (!manager.started);
    try {
        yield manager.do_async ("late", (thread) => true).wait_async ();
        assert_not_reached ();
    } catch (ThrError.STOPPED e) {
    }

    manager.start ();
    var begun = new Gate ();
    var thread = endless (begun);
    manager.submit (thread);
    begun.pass ();
    try {
        yield manager.shutdown_async (DRAIN, 0);
        assert_not_reached ();
    } catch (ThrError.TIMED_OUT e) {
        assert ("endless" in e.message);
    }
    yield manager.shutdown_async (HALT);
    try {
        yield thread.wait_async ();
        assert_not_reached ();
    } catch (ThrError.HALTED e) {
    }

    manager.start ();
    begun = new Gate ();
    manager.submit (endless (begun));
    begun.pass ();
    assert (manager.halt ());
    assert (!manager.started && !manager.busy);
}

void attach () throws Error {
    var application = new Application (null, ApplicationFlags.NON_UNIQUE);
    var manager = new ThreadManager ();
    var done = false;
    manager.attach_application (application);
    application.activate.connect (() => {
        manager.do_async (null, (thread) => true).set_on_success (() => done = true);
    });
    assert (application.run () == 0);
    assert (done && !manager.started);
}

void background () throws Error {
    var manager = new ThreadManager ();
    var background = new Background (manager, (thread, arguments) => {
        var text = "";
        foreach (var argument in arguments)
            text += argument.get_string ();
        if (text == "")
            throw new ThrError.INVALID_ARGUMENT ("nothing to join");
        return thread.return_value (text);
    });
    var heard = "";
    background.name = "joining";
    background.priority = Priority.HIGH;
    background.set_on_success ((thread, result) => heard += ((!) result).get_string () + " ");
    background.set_on_fail ((thread, failure) => heard += failure.message + " ");
    background.set_on_end ((thread) => heard += "end ");

    Value a = "to";
    var thread = background.call ({ a, "gether" });
    assert (thread.join ());
    assert (((!) thread.result).get_string () == "together");
    assert (thread.name == "joining" && thread.priority == Priority.HIGH);
    try {
        background.call ().join ();
        assert_not_reached ();
    } catch (ThrError.INVALID_ARGUMENT e) {
    }
    assert (heard == "together end nothing to join end ");

    assert (background.manager == manager && background.get_manager () == manager);
    background.name = null;
    assert (background.name == null && background.dup_name () == null);
    assert (new Background (null, () => true).manager == ThreadManager.get_default ());
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/managers/walk", walk);
    add_test ("/managers/model", model);
    add_test ("/managers/queue", queue);
    add_async_test ("/managers/manual", (callback) => manual.begin (callback),
                    (result) => manual.end (result));
    add_test ("/managers/unhandled", unhandled);
    add_async_test ("/managers/shut-down", (callback) => shut_down.begin (callback),
                    (result) => shut_down.end (result));
    add_test ("/managers/attach", attach);
    add_test ("/managers/background", background);
    return Test.run ();
}
