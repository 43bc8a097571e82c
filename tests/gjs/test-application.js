// SPDX-License-Identifier: LGPL-2.1-or-later
// What a window shows of jobs, as doc/applications.md has it.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

import {assert, assertEqual, assertError, catchRejection, run, until} from './harness.js';

const State = Thr.ExecutionState;

// GObject's own vfuncs are what a window has to do with this.
const Window = GObject.registerClass(class Window extends GObject.Object {
    _init() {
        super._init();
        this.shown = [];
    }

    load(manager, work) {
        const thread = manager.do_async(work, {
            onSuccess: (_thread, value) => this.shown.push(value),
            onFail: () => this.shown.push('failed'),
            onEnd: () => this.shown.push('ended'),
        });
        thread.bind_to(this);
        return thread;
    }
});

const forever = () => new Promise(() => {});
const isCancelled = error => assertError(error, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);

const tests = {
    async 'items, tags, times and the history'() {
        const manager = new Thr.ThreadManager();
        manager.keep_finished = 2;
        const changes = [], tags = [];
        const thread = manager.do_async(async job => {
            job.emit_item(new Gio.SimpleAction({name: 'first'}));
            job.emit_item(new Gio.SimpleAction({name: 'second'}));
            job.tags = ['search', 'files'];
            job.progress = 0.5;
            await new Promise(resolve => job.connect('notify::tags', resolve));
        });
        const {items} = thread;
        items.connect('items-changed', (_list, position, removed, added) => changes.push([position, removed, added]));
        thread.connect('notify::tags', job => tags.push(job.tags));
        assertEqual([thread.can_pause, thread.can_cancel], [false, true]);
        await thread.wait_async();

        assertEqual([items.get_n_items(), items.get_item(0).name, items.get_item(1).name], [2, 'first', 'second']);
        assertEqual(changes, [[0, 0, 2]]);
        assertEqual([thread.tags, tags.at(-1)], [['search', 'files'], ['search', 'files']]);
        assertEqual([thread.has_tag('files'), thread.has_tag('nothing')], [true, false]);
        assertEqual([thread.can_pause, thread.can_cancel], [false, false]);
        assert(thread.elapsed >= 0, 'no time has passed');
        await until(() => manager.history.get_n_items() === 1);
        assert(manager.history.get_item(0) === thread, 'another job in the history');
    },

    async 'progress is bound to what shows it'() {
        const manager = new Thr.ThreadManager();
        const bar = new Gio.SimpleAction({name: 'bar', enabled: false});
        const thread = manager.do_async(function* (job) {
            job.progress = 0.25;
            yield;
        });
        const texts = [];
        thread.connect('notify::fraction-text', job => texts.push(job.fraction_text));
        thread.bind_property('finished', bar, 'enabled', GObject.BindingFlags.SYNC_CREATE);
        await thread.wait_async();
        await until(() => bar.enabled);
        assert(texts.length > 0, 'no text of the progress');
    },

    // The closures of the job know the window, and yet it can be closed.
    async 'a window that is closed ends its jobs, which fall silent'() {
        const window = new Window();
        const thread = window.load(new Thr.ThreadManager(), async () => {
            await forever();
        });
        await until(() => thread.execution_state === State.RUNNING);
        window.run_dispose();
        isCancelled(await catchRejection(thread.wait_async()));
        assertEqual(window.shown, []);
    },

    async 'a window that is not closed is shown the result'() {
        const window = new Window();
        await window.load(new Thr.ThreadManager(), async () => 5).wait_async();
        assertEqual(window.shown, [5, 'ended']);
    },

    // What the job needs not name keeps nothing: its end is the garbage collector's.
    async 'a window that is forgotten ends its jobs'() {
        const manager = new Thr.ThreadManager();
        const thread = manager.do_async(async () => {
            await forever();
        });
        (() => thread.bind_to(new Window()))();
        const over = catchRejection(thread.wait_async());
        await until(() => {
            System.gc();
            return thread.execution_state === State.CLOSED;
        });
        isCancelled(await over);
    },

    async 'a handler of quit-requested that returns nothing has said to stay'() {
        const application = new Gio.Application({flags: Gio.ApplicationFlags.NON_UNIQUE});
        application.register(null);
        const manager = new Thr.ThreadManager();
        manager.attach_application(application);
        const answers = [undefined, Thr.QuitAnswer.STAY, Thr.QuitAnswer.LATER];
        let nAsked = 0;
        manager.connect('quit-requested', () => answers[nAsked++]);
        const thread = manager.do_async(async () => {
            await forever();
        });
        await until(() => manager.busy);

        assertEqual([manager.request_quit(), nAsked], [false, 1]);
        assertEqual([manager.request_quit(), nAsked], [false, 2]);
        assertEqual([manager.request_quit(), nAsked], [false, 3]);
        // It is asked, and nobody is asked again until there is an answer.
        assertEqual([manager.request_quit(), nAsked], [false, 3]);
        assert(thread.finished_with === State.CREATED, 'the job was ended');
        manager.answer_quit(Thr.QuitAnswer.CANCEL);
        isCancelled(await catchRejection(thread.wait_async()));
    },
};

run(tests);
