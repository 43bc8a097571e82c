// SPDX-License-Identifier: LGPL-2.1-or-later
// What the override adds, or has otherwise than the introspection data:
// generate.py puts each block into the class, the namespace or the module.

namespace Thimble {
    /** What crosses to another thread and back. */
    type Value = string | number | bigint | boolean | null | Uint8Array | ArrayBuffer | string[] | boolean[] |
        (number | bigint)[] | GObject.Object | GObject.Object[] | GLib.Variant | object;
    /** What a method gives: without the boolean that only says whether there is an error. */
    type Result<R> = R extends [boolean, infer One] ? One : R extends [boolean, ...infer Rest] ? Rest : R;
    /** An object all of whose methods return promises. */
    type Of<T> = Thimble & {
        [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Result<R>> : T[K];
    };
    interface Options {
        /** Whose threads run the methods; without one it makes its own, for one method at a time. */
        manager?: ThreadManager | null;
        /** The methods that return promises, by name or pattern; all, if it is left out. */
        blocking?: string[] | null;
    }
}

class Thimble {
    constructor(target: GObject.Object, options?: Thimble.Options);
    /** The thimble itself, where a member of the target has the same name. */
    readonly $: Thimble;
    /** Calls a method by name, without blocking. */
    call(method: string, args?: Thimble.Value[] | null, cancellable?: Gio.Cancellable | null): Promise<any>;
    call(method: string, args: any[] | null, cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null): void;
    call_thread(method: string, args?: Thimble.Value[] | null): ThreadWrapper;
    /** Members of the target. */
    [member: string]: any;
}

namespace ThreadManager {
    interface JobOptions<R = any> {
        name?: string | null;
        priority?: number;
        onSuccess?: (thread: ThreadWrapper, result: R) => void;
        onFail?: (thread: ThreadWrapper, error: GLib.Error) => void;
        onEnd?: (thread: ThreadWrapper) => void;
    }
    /** A generator is run in slices, an async function is followed. */
    type JobFunction<R = any> = ((thread: ThreadWrapper) => Generator<any, R, any>) | ((thread: ThreadWrapper) => Promise<R>);
}

class ThreadManager {
    /** Runs a generator, in slices, or an async function on the main loop. */
    do_async<R>(func: ThreadManager.JobFunction<R>, options?: ThreadManager.JobOptions<R>): ThreadWrapper;
    do_async<R>(name: string | null, func: ThreadManager.JobFunction<R>, options?: ThreadManager.JobOptions<R>): ThreadWrapper;
}

class ThreadWrapper {
    get status(): any;
    set status(value: any);
    get result(): any;
    /** For async functions: waits while the job is paused, and throws once it is to end. */
    checkpoint_async(): Promise<boolean>;
    /** Each status of the job, until it ends; what it fails with is thrown. */
    statuses(): AsyncIterableIterator<any>;
    return_value(value?: any): boolean;
    set_status(value?: any): void;
    get_status(): [boolean, any];
}

namespace Channel {
    interface ListenOptions {
        overflow?: Overflow;
        capacity?: number;
    }
}

class Channel {
    subscribe(func: (event: Event) => void, options?: Channel.ListenOptions): Subscription;
    subscribe(overflow: Overflow, capacity: number, func: SubscriptionFunc): Subscription;
    /** What is published, for `for await`. */
    events(options?: Channel.ListenOptions): AsyncIterableIterator<Event>;
    [Symbol.asyncIterator](): AsyncIterableIterator<Event>;
}

namespace Worker {
    interface ListenOptions {
        priority?: number;
        once?: boolean;
        permanent?: boolean;
        target?: Worker | null;
    }
    /** Who throws, or returns false, has failed. */
    type Listener = (worker: Worker, event: Event) => boolean | void | Promise<void>;
}

class Worker {
    listen(name: string, func: Worker.Listener, options?: Worker.ListenOptions): Listener;
    listen_full(name: string, priority: number, flags: ListenerFlags, target: Worker | null, func: Worker.Listener): Listener;
}

module {
    /** Calls a function or a constructor by name, in a thread: 'GLib.file_get_contents'. */
    function call(name: string, ...args: Thimble.Value[]): Promise<any>;
    function listen(name: string, func: Worker.Listener, options?: Worker.ListenOptions): Listener;
    function listen_full(name: string, priority: number, flags: ListenerFlags, target: Worker | null, func: Worker.Listener): Listener;
}
