// SPDX-License-Identifier: LGPL-2.1-or-later
// Jobs as Vala sees them through the generated vapi.

using Thr;

async void await_result () throws Error {
    var manager = new ThreadManager ();
    var main_thread = current_thread ();
    var thread = manager.do_async ("answer", (thread) => {
        assert (current_thread () != main_thread);
        assert (ThreadWrapper.get_current () == thread);
        thread.progress = 0.5;
        thread.set_message ("half");
        return thread.return_value (42);
    });
    ExecutionState[] states = {};
    thread.notify["execution-state"].connect (() => states += thread.execution_state);

    var result = yield thread.wait_async ();
    assert (((!) result).get_int () == 42);

    assert (states.length == 4);
    assert (states[0] == RUNNING && states[1] == RETURNED);
    assert (states[2] == FINISHING && states[3] == CLOSED);
    assert (thread.finished_with == RETURNED);
    assert (thread.name == "answer" && thread.ident.has_prefix ("thr-"));
    assert (thread.progress == 0.5 && thread.message == "half");
    assert (0 < thread.created_at <= thread.started_at <= thread.ended_at);
    assert (thread.error == null && thread.get_error () == null);
    assert (((!) thread.result).get_int () == 42);
    assert (((!) thread.get_result ()).get_int () == 42);
    assert (thread.manager == manager && thread.dup_manager () == manager);
}

// What `var` holds is a copy: it outlives the job, and the next yield.
async void keep_result () throws Error {
    Value? kept = yield new ThreadManager ().do_async (null, (thread) => {
        return thread.return_string ("kept");
    }).wait_async ();
    var other = yield new ThreadManager ().do_async (null, (thread) => true).wait_async ();
    assert (((!) kept).get_string () == "kept");
    assert (other == null);
}

async void await_failure () throws Error {
    var manager = new ThreadManager ();
    var thread = manager.do_async ("failing", (thread) => {
        throw new IOError.NOT_FOUND ("no such thing");
    });
    var heard = 0;
    thread.failed.connect ((error) => {
        assert (error is IOError.NOT_FOUND);
        heard++;
    });
    try {
        yield thread.wait_async ();
        assert_not_reached ();
    } catch (IOError.NOT_FOUND e) {
        assert (e.message == "no such thing");
    }
    assert (heard == 1);
    assert (thread.result == null && (!) thread.error is IOError.NOT_FOUND);
    assert (thread.finished_with == EXCEPTION);
}

// The domain is thrown and caught as any other; the rest is not for this catch.
string caught (owned ThrThreadFunc func) {
    try {
        new ThreadManager ().do_async (null, (owned) func).join ();
        return "nothing";
    } catch (ThrError.BUSY e) {
        return e.message;
    } catch (ThrError e) {
        return (e is ThrError.FAILED) ? "failed" : "another of ours";
    } catch (Error e) {
        return (e is FileError.EXIST) ? "another domain" : "something";
    }
}

void throw_ours () throws Error {
    assert (caught ((thread) => { throw new ThrError.BUSY ("not now"); }) == "not now");
    assert (caught ((thread) => false) == "failed");
    assert (caught ((thread) => { throw new ThrError.STOPPED (""); }) == "another of ours");
    assert (caught ((thread) => { throw new FileError.EXIST (""); }) == "another domain");
    assert (caught ((thread) => true) == "nothing");
    assert (ThrError.quark ().to_string () == "thr-error-quark");
}

Value result_of (owned ThrThreadFunc func) throws Error {
    var thread = new ThreadManager ().do_async (null, (owned) func);
    thread.join ();
    return (!) thread.result;
}

void return_anything () throws Error {
    var given = new Cancellable ();

    assert (result_of ((thread) => thread.return_boolean (true)).get_boolean ());
    assert (result_of ((thread) => thread.return_int (1LL << 40)).get_int64 () == 1LL << 40);
    assert (result_of ((thread) => thread.return_double (0.25)).get_double () == 0.25);
    assert (result_of ((thread) => thread.return_string ("text")).get_string () == "text");
    assert (result_of ((thread) => thread.return_object (given)).get_object () == given);
    assert (((!) result_of ((thread) => thread.return_variant ("s")).dup_variant ()).get_string () == "s");
    assert (result_of ((thread) => thread.return_value ("any")).get_string () == "any");

    var nothing = new ThreadManager ().do_async (null, (thread) => thread.return_value ());
    assert (nothing.join () && nothing.result == null);
}

// What a function captures is given back at the end, on the thread of the owner.
class Captured : Object {
    public void* home = current_thread ();
    public static int n_freed;

    ~Captured () {
        assert (home == current_thread ());
        n_freed++;
    }
}

void call_back () throws Error {
    var main_thread = current_thread ();
    var heard = "";
    Captured.n_freed = 0;

    var manager = new ThreadManager ();
    foreach (var fails in new bool[] { false, true }) {
        var captured = new Captured ();
        var thread = new ThreadWrapper ("callbacks", (thread) => {
            if (fails)
                throw new IOError.BUSY (captured.home == null ? "" : "so be it");
            return thread.return_int (7);
        });
        thread.set_on_success ((thread, result) => {
            assert (current_thread () == main_thread);
            heard += @"success $(((!) result).get_int64 ()), ";
        });
        thread.set_on_fail ((thread, failure) => heard += failure.message + ", ");
        thread.set_on_end ((thread) => heard += "end, ");
        thread.succeeded.connect ((thread, result) => heard += @"succeeded $(((!) result).get_int64 ()), ");
        thread.failed.connect ((thread, failure) => heard += "failed, ");
        thread.ended.connect ((thread) => heard += "ended, ");
        manager.submit (thread);
        manager.wait_idle ();
    }

    assert (heard == "success 7, succeeded 7, end, ended, so be it, failed, end, ended, ");
    iterate_until (() => Captured.n_freed == 2);
}

void tell () throws Error {
    var manager = new ThreadManager ();
    var messages = 0;
    var thread = new ThreadWrapper ("teller", (thread) => {
        thread.set_status ("first");
        thread.set_status (17);
        thread.set_progress (1);
        thread.set_message ("all");
        return true;
    });
    thread.notify["message"].connect (() => messages++);
    assert (thread.status == null && thread.message == null);
    manager.submit (thread);
    thread.join ();

    assert (messages == 1 && thread.message == "all" && thread.dup_message () == "all");
    assert (((!) thread.status).get_int () == 17);
    Value status;
    assert (thread.get_status (out status) && status.get_int () == 17);
    thread.status = "set as a property";
    assert (((!) thread.status).get_string () == "set as a property");
    thread.message = null;
    thread.name = "renamed";
    assert (thread.message == null && thread.dup_name () == "renamed");
}

void control () throws Error {
    var manager = new ThreadManager ();

    var begun = new Gate ();
    var thread = endless (begun);
    manager.submit (thread);
    begun.pass ();
    thread.pause ();
    assert (thread.paused);
    thread.resume ();
    assert (!thread.paused);
    try {
        thread.join (0);
        assert_not_reached ();
    } catch (ThrError.TIMED_OUT e) {
    }
    thread.cancel ();
    assert (thread.cancellable.is_cancelled ());
    try {
        thread.join ();
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
    }

    begun = new Gate ();
    var interrupted = new Gate ();
    thread = manager.do_async ("blocked", (thread) => {
        thread.set_interrupter ((thread) => interrupted.open ());
        begun.open ();
        interrupted.pass ();
        return thread.checkpoint ();
    });
    begun.pass ();
    thread.halt ();
    try {
        thread.join ();
        assert_not_reached ();
    } catch (ThrError.HALTED e) {
        assert (thread.halted);
    }

    begun = new Gate ();
    var cancellable = new Cancellable ();
    thread = endless (begun);
    thread.follow_cancellable (cancellable);
    manager.submit (thread);
    begun.pass ();
    cancellable.cancel ();
    try {
        thread.join ();
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
    }

    thread = new ThreadWrapper ("prepared", (thread) => true);
    thread.priority = Priority.LOW;
    assert (thread.priority == Priority.LOW && thread.execution_state == CREATED);
    try {
        thread.join ();
        assert_not_reached ();
    } catch (ThrError.INVALID_STATE e) {
        assert ("prepared" in e.message);
    }
}

void ask_the_owner () throws Error {
    var main_thread = current_thread ();
    var manager = new ThreadManager ();
    var posted = false;
    var answer = 0;
    var thread = manager.do_async ("asking", (thread) => {
        invoke_owner (() => {
            assert (current_thread () == main_thread);
            posted = true;
        });
        thread.invoke_sync ((thread) => {
            assert (current_thread () == main_thread);
            answer = 42;
            return true;
        });
        return thread.return_int (answer);
    });
    assert (thread.join () && posted);
    assert (((!) thread.result).get_int64 () == 42);

    thread = manager.do_async (null, (thread) => {
        return thread.invoke_sync ((thread) => { throw new IOError.EXISTS ("told back"); });
    });
    try {
        thread.join ();
        assert_not_reached ();
    } catch (IOError.EXISTS e) {
        assert (e.message == "told back");
    }

    thread = manager.do_async (null, (thread) => thread.join ());
    try {
        thread.join ();
        assert_not_reached ();
    } catch (ThrError.WOULD_DEADLOCK e) {
    }
    assert (ThreadWrapper.get_current () == null);
}

async void cancel_the_wait () throws Error {
    var begun = new Gate ();
    var manager = new ThreadManager ();
    var thread = endless (begun);
    manager.submit (thread);
    var cancellable = new Cancellable ();
    Idle.add (() => {
        cancellable.cancel ();
        return Source.REMOVE;
    });
    try {
        yield thread.wait_async (cancellable);
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
        assert (!thread.cancellable.is_cancelled ());
    }
    thread.cancel ();
    try {
        yield thread.wait_async ();
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
    }
}

int main (string[] args) {
    Test.init (ref args);
    add_async_test ("/jobs/await-result", (callback) => await_result.begin (callback),
                    (result) => await_result.end (result));
    add_async_test ("/jobs/keep-result", (callback) => keep_result.begin (callback),
                    (result) => keep_result.end (result));
    add_async_test ("/jobs/await-failure", (callback) => await_failure.begin (callback),
                    (result) => await_failure.end (result));
    add_async_test ("/jobs/cancel-the-wait", (callback) => cancel_the_wait.begin (callback),
                    (result) => cancel_the_wait.end (result));
    add_test ("/jobs/throw-ours", throw_ours);
    add_test ("/jobs/return-anything", return_anything);
    add_test ("/jobs/call-back", call_back);
    add_test ("/jobs/tell", tell);
    add_test ("/jobs/control", control);
    add_test ("/jobs/ask-the-owner", ask_the_owner);
    return Test.run ();
}
