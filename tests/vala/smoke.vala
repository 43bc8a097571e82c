// SPDX-License-Identifier: LGPL-2.1-or-later
// The library as Vala sees it through the generated vapi.

using Thr;

const int64 SECONDS = 1000 * 1000;

async void await_result (ThreadManager manager) throws Error {
    var thread = manager.do_async ("answer", (thread) => {
        thread.progress = 0.5;
        thread.set_message ("half");
        return thread.return_value (42);
    });
    ExecutionState[] states = {};
    thread.notify["execution-state"].connect (() => states += thread.execution_state);

    unowned var result = yield thread.wait_async (null);
    assert (result.get_int () == 42);
    yield manager.wait_idle_async (null);

    assert (states.length == 4);
    assert (states[0] == RUNNING && states[1] == RETURNED);
    assert (states[2] == FINISHING && states[3] == CLOSED);
    assert (thread.finished_with == RETURNED);
    assert (thread.name == "answer");
    assert (thread.progress == 0.5);
}

async void await_failure (ThreadManager manager) {
    var thread = manager.do_async ("failing", (thread) => {
        throw new IOError.NOT_FOUND ("no such thing");
    });
    var heard = 0;
    thread.failed.connect ((error) => {
        assert (error is IOError.NOT_FOUND);
        heard++;
    });
    try {
        yield thread.wait_async (null);
        assert_not_reached ();
    } catch (Error e) {
        assert (e is IOError.NOT_FOUND);
    }
    assert (heard <= 1);
}

void walk (ThreadManager manager) throws Error {
    var steps = 0;
    manager.keep_finished = 3;
    for (var i = 0; i < 3; i++) {
        manager.do_sliced (@"slices $i", (thread) => {
            return ++steps % 5 != 0;
        });
    }
    assert (manager.wait_idle (30 * SECONDS, null));

    string[] names = {};
    foreach (var thread in manager)
        names += thread.name;
    assert (string.joinv (",", names) == "slices 0,slices 1,slices 2");
    assert (manager.size == 3);
    assert (steps == 15);
}

void match_errors (ThreadManager manager) {
    try {
        manager.run ();
        assert_not_reached ();
    } catch (ThrError.NO_THREADS_FOUND e) {
        assert (e.message != "");
    } catch (Error e) {
        assert_not_reached ();
    }
}

void call_background (ThreadManager manager) throws Error {
    var background = new Background (manager, (thread, arguments) => {
        return thread.return_value (arguments[0].get_string () + arguments[1].get_string ());
    });
    Value a = "to";
    Value b = "gether";
    var thread = background.call ({ a, b });
    assert (thread.join (FOREVER, null));
    assert (thread.get_result ().get_string () == "together");
}

int main () {
    var manager = new ThreadManager ();
    var loop = new MainLoop ();

    await_result.begin (manager, (_, outcome) => {
        try {
            await_result.end (outcome);
        } catch (Error e) {
            error ("%s", e.message);
        }
        await_failure.begin (manager, () => loop.quit ());
    });
    loop.run ();

    try {
        walk (new ThreadManager ());
        match_errors (manager);
        call_background (manager);
    } catch (Error e) {
        error ("%s", e.message);
    }
    print ("all is well\n");
    return 0;
}
