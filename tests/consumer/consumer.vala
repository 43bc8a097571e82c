// SPDX-License-Identifier: LGPL-2.1-or-later

int main () {
    var manager = new Thr.ThreadManager ();
    var thread = manager.do_async ("multiply", (thread) => thread.return_value (6 * 7));

    try {
        thread.join ();
    } catch (Error e) {
        error ("%s", e.message);
    }
    print ("%s of %d.%d: %d\n", thread.ident, Thr.MAJOR_VERSION, Thr.MINOR_VERSION,
           ((!) thread.result).get_int ());
    return ((!) thread.result).get_int () == 42 ? 0 : 1;
}
