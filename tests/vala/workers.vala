// SPDX-License-Identifier: LGPL-2.1-or-later
// Workers and their families, as Vala sees them through the vapi.

using Thr;

// A class of its own: what others write as a function is its run().
class Counter : Worker {
    // A property that run() sets would be announced on this thread, too.
    public int count;

    public Counter (string name, int count) {
        Object (name: name);
        this.count = count;
        listen ("SET", on_set);
    }

    // A lambda would hold `this`, and so the worker itself, for ever.
    static bool on_set (Worker worker, Event event) throws Error {
        ((Counter) worker).count = ((!) event.get_value ()).get_int ();
        return true;
    }

    public override bool run () throws Error {
        assert (Worker.current () == this);
        try {
            wait_forever ();
        } catch (ThrError.WORKER_EXIT e) {
            // Cleaned up; this run has a result all the same.
        }
        return return_value (count);
    }
}

void derive () throws Error {
    var counter = new Counter ("counting", 1);
    assert (counter.name == "counting" && !counter.is_running ());
    counter.start ();
    assert (counter.is_running () && counter.running);
    counter.fire ("SET", 42);
    counter.stop ();
    counter.join ();

    Value result;
    assert (counter.get_result (out result) && result.get_int () == 42);
    assert (counter.dup_error () == null);

    // It can be started anew, and its listener is still there.
    counter.start ();
    counter.fire ("SET", 43);
    counter.stop ();
    counter.join ();
    assert (counter.count == 43);
}

class Failing : Worker {
    public override bool run () throws Error {
        throw new IOError.BROKEN_PIPE ("burst");
    }
}

void fail () throws Error {
    var failing = new Failing ();
    try {
        failing.start ();
        failing.join ();
        assert_not_reached ();
    } catch (IOError.BROKEN_PIPE e) {
        assert (e.message == "burst");
    }
    assert ((!) failing.dup_error () is IOError.BROKEN_PIPE);
    try {
        failing.wait_forever ();
        assert_not_reached ();
    } catch (ThrError.INVALID_STATE e) {
    }
}

void listen_to_events () throws Error {
    var heard = "";
    var listening = new Worker ("listening", null);
    listening.listen ("TEXT", (worker, event) => {
        assert (worker == Worker.current ());
        heard += "any:" + ((!) event.get_value ()).get_string () + " ";
        return true;
    });
    var first = listening.listen_full ("TEXT", 10, ONCE, null, (worker, event) => {
        assert (event.get_name () == "TEXT");
        heard += "first ";
        return true;
    });
    var never = listening.listen_full ("TEXT", 0, PERMANENT, null, () => false);
    assert (first.get_priority () == 10 && first.get_flags () == ONCE && first.get_name () == "TEXT");
    assert (listening.unlisten (never) && !never.is_listening ());

    listening.start ();
    listening.fire ("TEXT", "a");
    listening.fire_event (new Event ("TEXT", "b"));
    listening.stop ();
    listening.join ();
    assert (heard == "first any:a any:b ");
    assert (!first.is_listening ());
}

void wait_for_events () throws Error {
    var told = "";
    var begun = new Gate ();
    var again = new Gate ();
    var waiting = new Worker ("waiting", (worker) => {
        begun.open ();
        var event = worker.wait_event ("TEXT");
        told += ((!) ((!) event).get_value ()).get_string ();
        again.open ();
        event = worker.wait_until (FOREVER, (event) => {
            return event.get_name () == "NUMBER" && ((!) event.get_value ()).get_int () > 5;
        });
        told += ((!) ((!) event).get_value ()).get_int ().to_string ();
        assert (wait_event ("TEXT", 0) == null);
        worker.update ();
        worker.wait_timeout (0);
        Thr.sleep (0);
        return worker.exit ();
    });
    waiting.start ();
    begun.pass ();
    waiting.fire ("TEXT", "text");
    again.pass ();
    waiting.fire ("NUMBER", 3);
    waiting.fire ("NUMBER", 7);
    waiting.join ();
    assert (told == "text7");
    assert (waiting.dup_error () == null);
}

// Parents, children, and all that goes between them.
void talk_in_the_family () throws Error {
    var heard = "";
    var parent = new Worker ("parent", (worker) => {
        var child = new Worker ("child", (child) => {
            assert (((!) child.parent).name == "parent");
            Thr.listen ("DOWN", (child, event) => {
                heard += "child heard " + event.get_name () + "; ";
                return Thr.bubble ("UP", 3) && Thr.parent_fire ("UP", 4);
            });
            child.parent_fire ("READY");
            return wait_forever ();
        });
        Thr.listen ("UP", (worker, event) => {
            heard += @"parent heard $(((!) event.get_value ()).get_int ()); ";
            return true;
        });
        Thr.listen (EVENT_CHILD_THREAD_END, (worker, event) => {
            assert (((!) event.get_target ()).name == "child");
            heard += "child ended";
            return true;
        });
        child.start ();
        worker.wait_event ("READY");
        assert (worker.dup_children ().length == 1 && worker.dup_children ()[0] == child);
        worker.broadcast ("DOWN");
        worker.wait_event ("UP");
        worker.wait_event ("UP");
        worker.children_fire ("UNHEARD");
        child.stop ();
        worker.wait_worker (child);
        return true;
    });
    parent.start ();
    parent.join ();
    assert (heard == "child heard DOWN; parent heard 3; parent heard 4; child ended");

    var child = new Worker (null, null);
    assert (child.parent == null && child.dup_parent () == null);
    child.set_parent (parent);
    child.set_daemon (YES);
    assert (child.parent == parent && child.daemon == YES && child.is_daemon ());
    child.parent = null;
    assert (child.parent == null && parent.get_children_model ().get_n_items () == 0);
}

void pause_and_resume () throws Error {
    var paused = new Worker ("paused", null);
    var heard = new Gate ();
    paused.listen ("KNOCK", (worker, event) => {
        assert (worker.is_paused () && worker.paused);
        heard.open ();
        return true;
    });
    paused.start ();
    paused.pause ();
    paused.fire ("KNOCK");
    heard.pass ();
    paused.resume ();
    paused.stop ();
    paused.join ();
    assert (!paused.is_paused ());
}

// What the main thread hears, and what it fires that nobody hears.
void main_worker () throws Error {
    var main_thread = current_thread ();
    var heard = "";
    assert (Worker.is_main () && Worker.main () == Worker.current ());
    var listener = Worker.main ().listen_full ("ANSWER", 0, TEMPORARY, null, (worker, event) => {
        assert (current_thread () == main_thread);
        heard += ((!) event.get_target ()).name;
        return true;
    });
    var rejected = Worker.main ().listen_full (EVENT_EVENT_REJECT, 0, ONCE, null, (worker, event) => {
        heard += " rejected";
        return true;
    });
    var answering = new Worker ("answering", () => {
        return Worker.main ().fire ("ANSWER");
    });
    answering.start ();
    iterate_until (() => heard == "answering");
    answering.join ();
    answering.fire ("TOO_LATE");
    iterate_until (() => heard == "answering rejected");
    assert (Worker.main ().unlisten (listener) && !Worker.main ().unlisten (rejected));
}

void later () throws Error {
    var order = "";
    var worker = new Worker ("later", (worker) => {
        var cancellable = new Cancellable ();
        worker.later (0, null, (worker) => {
            order += "first ";
            try {
                worker.later (1, null, (worker) => {
                    order += "second";
                    worker.stop ();
                });
            } catch (Error e) {
                error ("%s", e.message);
            }
        });
        Thr.later (0, cancellable, () => order += "never");
        cancellable.cancel ();
        return wait_forever ();
    });
    worker.start_overlay ();
    assert (order == "first second");
    try {
        worker.join (0);
        worker.wait_timeout (-1);
        assert_not_reached ();
    } catch (ThrError e) {
        assert (e is ThrError.INVALID_ARGUMENT || e is ThrError.INVALID_STATE);
    }
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/workers/derive", derive);
    add_test ("/workers/fail", fail);
    add_test ("/workers/listen", listen_to_events);
    add_test ("/workers/wait", wait_for_events);
    add_test ("/workers/family", talk_in_the_family);
    add_test ("/workers/pause", pause_and_resume);
    add_test ("/workers/main", main_worker);
    add_test ("/workers/later", later);
    return Test.run ();
}
