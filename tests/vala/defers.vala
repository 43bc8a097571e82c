// SPDX-License-Identifier: LGPL-2.1-or-later
// Answers that come later, as Vala sees them through the vapi.

using Thr;

async void await_answers () throws Error {
    var defer = new Defer ();
    var resolver = defer.dup_resolver ();
    assert (defer.is_pending ());
    new Thread<void> (null, () => resolver.resolve ("yes"));
    Value? answer = yield defer.get_async ();
    assert (((!) answer).get_string () == "yes");
    assert (!defer.is_pending () && !defer.resolve () && !resolver.resolve (1));

    // The copy is ours, whatever becomes of the defer.
    defer = new Defer ();
    assert (defer.reject (new IOError.PERMISSION_DENIED ("no")));
    try {
        yield defer.get_async ();
        assert_not_reached ();
    } catch (IOError.PERMISSION_DENIED e) {
    }
    assert (((!) answer).get_string () == "yes");

    defer = new Defer ();
    DeferResolver? only = defer.dup_resolver ();
    Idle.add (() => {
        only = null;
        return Source.REMOVE;
    });
    try {
        yield defer.get_async ();
        assert_not_reached ();
    } catch (ThrError.ABANDONED e) {
    }

    var cancellable = new Cancellable ();
    cancellable.cancel ();
    defer = new Defer ();
    try {
        yield defer.get_async (cancellable);
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
    }
}

void wait_for_answers () throws Error {
    var defer = new Defer ();
    var worker = new Worker ("asking", (worker) => {
        return worker.return_value (defer.get ());
    });
    worker.start ();
    defer.resolve (42);
    worker.join ();
    Value result;
    assert (worker.get_result (out result) && result.get_int () == 42);

    defer = new Defer ();
    try {
        defer.get (0);
        assert_not_reached ();
    } catch (ThrError.TIMED_OUT e) {
    }
    assert (defer.resolve () && defer.get () == null);
    defer = new Defer ();
    assert (defer.dup_resolver ().reject (new ThrError.BUSY ("busy")));
    try {
        defer.get ();
        assert_not_reached ();
    } catch (ThrError.BUSY e) {
        assert (e.message == "busy");
    }
}

void run_apart () throws Error {
    var main_thread = current_thread ();
    var task = Async.run ((worker) => {
        assert (current_thread () != main_thread && worker.is_daemon ());
        return worker.return_value ("apart");
    });
    assert (((!) task.get ()).get_string () == "apart");

    Value result;
    assert (Async.run_and_get (out result, (worker) => worker.return_value (3)));
    assert (result.get_int () == 3);
    assert (Async.run_and_get (out result, (worker) => true));
    try {
        Async.run_and_get (out result, (worker) => { throw new IOError.EXISTS ("there"); });
        assert_not_reached ();
    } catch (IOError.EXISTS e) {
    }

    var prepared = new Async ((worker) => worker.return_value (4.5));
    assert (prepared.start () && prepared.join ());
    assert (((!) prepared.get (0)).get_double () == 4.5);
}

int main (string[] args) {
    Test.init (ref args);
    add_async_test ("/defers/await", (callback) => await_answers.begin (callback),
                    (result) => await_answers.end (result));
    add_test ("/defers/wait", wait_for_answers);
    add_test ("/defers/async", run_apart);
    return Test.run ();
}
