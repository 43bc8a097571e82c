// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests share.

public const int64 SECONDS = 1000 * 1000;

public delegate bool Condition ();
public delegate void TestBody () throws Error;
public delegate void Begin (AsyncReadyCallback callback);
public delegate void End (AsyncResult result) throws Error;

// The main loop turns until then; a minute is much too long.
public void iterate_until (Condition condition) {
    var alarm = Timeout.add_seconds (60, () => {
        error ("time is up");
    });
    while (!condition ())
        MainContext.default ().iteration (true);
    Source.remove (alarm);
}

public void add_test (string path, owned TestBody body) {
    Test.add_data_func (path, () => {
        try {
            body ();
        } catch (Error e) {
            error ("%s", e.message);
        }
    });
}

public void add_async_test (string path, owned Begin begin, owned End end) {
    add_test (path, () => {
        AsyncResult? outcome = null;
        begin ((_, result) => outcome = result);
        iterate_until (() => outcome != null);
        end ((!) outcome);
    });
}

// Opens once. Who waits on a background thread does not wait for ever.
public class Gate : Object {
    Mutex mutex = Mutex ();
    Cond opened = Cond ();
    bool is_open = false;

    public void open () {
        mutex.lock ();
        is_open = true;
        opened.broadcast ();
        mutex.unlock ();
    }

    public void pass () {
        var deadline = get_monotonic_time () + 60 * SECONDS;
        mutex.lock ();
        while (!is_open) {
            if (!opened.wait_until (mutex, deadline))
                error ("the gate was not opened");
        }
        mutex.unlock ();
    }
}

// A job that goes on until somebody ends it.
public Thr.ThreadWrapper endless (Gate begun) {
    return new Thr.ThreadWrapper ("endless", (thread) => {
        begun.open ();
        while (thread.checkpoint ())
            Thread.yield ();
        return true;
    });
}

public void* current_thread () {
    return Thread.self<void*> ();
}
