// SPDX-License-Identifier: LGPL-2.1-or-later
// Events, channels and subscriptions, as Vala sees them through the vapi.

using Thr;

void events () throws Error {
    Event event = new Event ("PLAIN");
    assert (event.get_name () == "PLAIN" && event.get_value () == null);
    assert (event.get_target () == Worker.main ());
    assert (!event.get_bubble () && !event.get_broadcast ());

    var kept = event;
    event = new Event.full ("FULL", 7, null, true);
    assert (event.get_target () == null && event.get_bubble () && !event.get_broadcast ());
    assert (((!) event.get_value ()).get_int () == 7);
    assert (kept.get_name () == "PLAIN");
}

void workers_subscribe () throws Error {
    var channel = new Channel ();
    var heard = 0;
    Worker[] workers = {};
    for (var i = 0; i < 3; i++) {
        var worker = new Worker (@"subscriber $i", null);
        worker.listen ("ADD", (worker, event) => {
            AtomicInt.add (ref heard, ((!) event.get_value ()).get_int ());
            return true;
        });
        worker.start ();
        assert (channel.sub (worker));
        workers += worker;
    }
    assert (channel.get_n_subscribers () == 3 && channel.unsub (workers[2]));
    channel.pub ("ADD", 5);
    channel.pub_event (new Event ("ADD", 7));
    channel.pub ("NOTHING");
    foreach (var worker in workers) {
        worker.stop ();
        worker.join ();
    }
    assert (heard == 24);

    // On the main thread, the current worker is the main one.
    assert (channel.sub () && channel.unsub () && !channel.unsub ());
}

void functions_subscribe () throws Error {
    var channel = new Channel ();
    var main_thread = current_thread ();
    var heard = "";
    var all = channel.subscribe (DROP_OLDEST, 2, (event) => {
        assert (current_thread () == main_thread);
        heard += ((!) event.get_value ()).get_int ().to_string () + " ";
    });
    Event? latest = null;
    channel.subscribe (KEEP_LATEST, 0, (event) => latest = event);
    assert (all.is_active () && all.get_overflow () == DROP_OLDEST && all.get_capacity () == 2);

    for (var i = 1; i <= 3; i++)
        channel.pub ("NUMBER", i);
    assert (all.get_n_pending () == 2 && all.get_n_dropped () == 1);
    iterate_until (() => latest != null && heard == "2 3 ");
    assert (((!) ((!) latest).get_value ()).get_int () == 3);

    var blocking = channel.subscribe (BLOCK, 1, () => {});
    channel.pub ("NUMBER", 4);
    try {
        channel.pub_event (new Event ("NUMBER", 5), 0);
        assert_not_reached ();
    } catch (ThrError e) {
        assert (e is ThrError.TIMED_OUT || e is ThrError.WOULD_DEADLOCK);
    }
    all.unsubscribe ();
    blocking.unsubscribe ();
    assert (!all.is_active () && channel.get_n_subscribers () == 1);
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/channels/events", events);
    add_test ("/channels/workers", workers_subscribe);
    add_test ("/channels/functions", functions_subscribe);
    return Test.run ();
}
