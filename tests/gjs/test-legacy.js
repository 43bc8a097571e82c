// SPDX-License-Identifier: LGPL-2.1-or-later
// The override by `imports.gi`, as programs that are no modules have it.

imports.gi.versions.Thr = '1.0';
const {Gio, GLib, Thr} = imports.gi;
const System = imports.system;

const loop = new GLib.MainLoop(null, false);
let failure = new Error('it did not end in time');

function assert(truth, complaint) {
    if (!truth)
        throw new Error(complaint);
}

async function main() {
    const file = new Thr.Thimble(Gio.File.new_for_path('/proc/self/comm'));
    const [bytes] = await file.load_contents(null);
    assert(new TextDecoder().decode(bytes) === 'gjs\n', 'another text');
    assert(typeof await Thr.call('GLib.get_monotonic_time') === 'number', 'no number');

    const manager = new Thr.ThreadManager();
    const sliced = manager.do_async(function* () {
        let sum = 0;
        for (let i = 0; i < 10; i++) {
            sum += i;
            yield;
        }
        return sum;
    });
    assert(await sliced.wait_async() === 45, 'another sum');
    assert(await manager.do_async(async () => 'done').wait_async() === 'done', 'not done');

    let refused = null;
    try {
        manager.do_async(() => 5);
    } catch (error) {
        refused = error;
    }
    assert(refused instanceof GLib.Error && refused.matches(Thr.Error, Thr.Error.NOT_SUPPORTED), 'not refused');

    const channel = new Thr.Channel();
    const events = channel.events();
    channel.pub('NEWS', 'hello');
    for await (const event of events) {
        assert(event.get_value() === 'hello', 'another event');
        break;
    }
}

main().then(() => (failure = null), error => (failure = error)).finally(() => loop.quit());
GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, 100, () => loop.quit());
loop.run();
print(failure === null ? 'ok - imports.gi' : `not ok - imports.gi: ${failure}\n${failure.stack}`);
System.exit(failure === null ? 0 : 1);
