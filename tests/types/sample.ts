// SPDX-License-Identifier: LGPL-2.1-or-later
// A program with a bit of everything: it is only checked, not run.

import Gio from 'gi://Gio?version=2.0';
import Thr from 'gi://Thr?version=1.0';

async function main(): Promise<Thr.Defer> {
    const file = new Thr.Thimble(Gio.File.new_for_path('/etc/hostname')) as Thr.Thimble.Of<Gio.File>;
    const [bytes, etag] = await file.load_contents(null);
    const lengths: [number, number] = [bytes.length, etag.length];
    const name: string | null = await file.get_basename();
    const pixbuf = await Thr.call('GdkPixbuf.Pixbuf.new_from_file', '/a.png', 2n ** 60n, [1, 2n], ['a'], null);
    file.$.connect('notify::target', (source, pspec) => source.list_methods().includes(pspec.name));

    const manager = Thr.ThreadManager.get_default();
    const thread: Thr.ThreadWrapper = manager.do_async(function* (job) {
        job.set_progress(0.5);
        yield;
        return 5;
    }, {onSuccess: (_job, result) => result.toFixed(2), onFail: (_job, error) => error.message, name: 'count'});
    manager.do_async(async job => (await job.checkpoint_async()) && 'done', {priority: 5, onEnd: job => job.cancel()});
    manager.do_async('named', async () => null);
    thread.connect('failed', (source, error) => source.ident + error.message);
    for await (const status of thread.statuses())
        lengths[0] += status;
    const result: any = await thread.wait_async();
    const idle: boolean = await manager.wait_idle_async(new Gio.Cancellable());
    await manager.shutdown_async(Thr.ShutdownMode.CANCEL, Thr.FOREVER);
    thread.wait_async(null, (source, finished) => source!.wait_finish(finished));
    const first: Thr.ThreadWrapper | null = manager.get_item(0);

    const channel = new Thr.Channel();
    channel.subscribe(event => event.get_name().length, {overflow: Thr.Overflow.KEEP_LATEST});
    channel.subscribe(Thr.Overflow.BLOCK, 0, event => void event.get_value());
    for await (const event of channel)
        lengths[1] += event.get_name().length;
    const listener: Thr.Listener = Thr.Worker.main().listen('NEWS', async (_worker, event) => event.get_value(), {once: true});
    Thr.Worker.main().unlisten(listener);

    try {
        // @ts-expect-error: a plain function is refused.
        manager.do_async(() => 5);
        // @ts-expect-error: there is no such option.
        manager.do_async(async () => 5, {onSucess: () => {}});
    } catch (error) {
        if (error instanceof Thr.Error && error.matches(Thr.Error, Thr.Error.NOT_SUPPORTED))
            lengths[0] = error.code;
    }
    const defer = new Thr.Defer();
    defer.resolve([name, pixbuf, result, idle, first, Thr.EVENT_EXECUTE.length, manager.threadLimit, manager.thread_limit]);
    await defer.get_async();
    return defer;
}

main();
