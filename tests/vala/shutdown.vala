// SPDX-License-Identifier: LGPL-2.1-or-later
// The end of a program, as Vala sees it through the vapi.

using Thr;

void shut_down () throws Error {
    var manager = new ThreadManager ();
    var begun = new Gate ();
    var thread = endless (begun);
    manager.submit (thread);
    var worker = new Worker ("worker", null);
    worker.start ();
    begun.pass ();
    try {
        Thr.shutdown (DRAIN, -1);
        assert_not_reached ();
    } catch (ThrError.INVALID_ARGUMENT e) {
    }
    assert (Thr.shutdown (HALT));
    assert (thread.finished_with == EXCEPTION && (!) thread.error is ThrError.HALTED);
    assert (!worker.is_running ());
    assert (generate_uid () != generate_uid ("."));
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/shutdown", shut_down);
    return Test.run ();
}
