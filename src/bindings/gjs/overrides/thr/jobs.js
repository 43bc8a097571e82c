// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported install */

// Jobs in JavaScript: generators in slices, and async functions.

const {Gio, GLib} = imports.gi;
const {checkFunction, checkOptions, fromResults, isPlain, toText, toValues} = imports.overrides.thr.values;
const {promisify, Queue} = imports.overrides.thr.promises;
const {refuse} = imports.overrides.thr.refuse;

let Thr;
let raw; // the functions of C that are overridden here

// A step that takes longer than this has cost several frames.
const SLOW_STEP = 100 * 1000;

const isPromise = value => typeof value?.then === 'function';
const isOver = thread => thread.finished_with !== Thr.ExecutionState.CREATED;

function warn(thread, text) {
    GLib.log_structured('Thr', GLib.LogLevelFlags.LEVEL_WARNING,
        {MESSAGE: `The job “${thread.name}” (${thread.ident}) ${text}`});
}

// ---- what JavaScript has in a job, and C need not know of ----

// It hangs on the job itself, which GJS keeps as it is for as long as C has it.
const OWN = Symbol('thr');

const own = thread => thread[OWN] ?? (thread[OWN] = {});

// All that is not plain would be lost to C at the next garbage collection. A promise
// would be one thing as the result, and another one where that is awaited.
function returnValue(thread, value = null) {
    if (isPromise(value))
        throw new TypeError('A promise is no result: await it, and give what it resolves to');
    const done = raw.return_value.call(thread, isPlain(value) ? value : null);
    own(thread).result = {value};
    return done;
}

function resultOf(thread, value) {
    const {result, packed} = thread[OWN] ?? {};
    if (result !== undefined && thread.finished_with === Thr.ExecutionState.RETURNED)
        return result.value;
    return packed && value !== null ? fromResults([value]) : value;
}

function setStatus(thread, value = null) {
    const mine = own(thread);
    if (isPlain(value)) {
        mine.status = undefined;
        raw.set_status.call(thread, value);
    } else {
        mine.status = {value};
        // Another value each time, so that it is notified.
        mine.nStatuses = (mine.nStatuses ?? 0) + 1;
        raw.set_status.call(thread, mine.nStatuses);
    }
}

function getStatus(thread) {
    const [isSet, value] = raw.get_status.call(thread);
    return [isSet, thread[OWN]?.status !== undefined ? thread[OWN].status.value : value];
}

// ---- errors ----

// What an exception is to C: its message, and where it was thrown.
function toError(exception) {
    if (exception instanceof GLib.Error)
        return exception;
    let text = toText(exception);
    if (exception instanceof Error && exception.fileName && typeof exception.fileName === 'string')
        text += ` (${GLib.path_get_basename(exception.fileName)}:${exception.lineNumber})`;
    return new GLib.Error(Thr.Error, Thr.Error.FAILED, text);
}

// The error as C has it, with the exception that was thrown as its cause.
function withCause(thread, error) {
    const exception = thread[OWN]?.exception;
    if (exception !== undefined && !(exception instanceof GLib.Error) && error.cause === undefined &&
        error.matches(Thr.Error, Thr.Error.FAILED))
        error.cause = exception;
    return error;
}

// After the end of the job nobody waits for it any more.
function reportLate(thread, exception) {
    const error = thread.get_error();
    if (exception instanceof GLib.Error && error !== null && exception.matches(error.domain, error.code))
        return;
    warn(thread, `had ended, and then threw: ${toText(exception)}\n${exception?.stack ?? ''}`);
}

// ---- generators ----

class Slices {
    constructor(func) {
        this._func = func;
        this._generator = null;
        this._isDone = false;
        this._hasWarned = false;
    }

    // TRUE: to be called again. What it throws is the error of the job.
    step(thread) {
        const begun = GLib.get_monotonic_time();
        try {
            this._generator ??= this._func(thread);
            const {value, done} = this._generator.next();
            this._isDone = done;
            if (isPromise(value))
                this._refusePromise();
            if (done && !isOver(thread) && (value !== undefined || thread[OWN]?.result === undefined))
                returnValue(thread, value);
            return !done;
        } catch (exception) {
            this._isDone = true;
            own(thread).exception = exception;
            throw toError(exception);
        } finally {
            this._watch(thread, GLib.get_monotonic_time() - begun);
        }
    }

    _refusePromise() {
        this._generator.return();
        throw new TypeError('A generator cannot wait for a promise: make it an async function');
    }

    _watch(thread, duration) {
        if (duration < SLOW_STEP || this._hasWarned)
            return;
        this._hasWarned = true;
        warn(thread, `kept the main loop waiting for ${Math.round(duration / 1000)} ms: yield more often`);
    }

    // It was cancelled, or halted: the generator cleans up, and hears why.
    end(thread) {
        if (this._isDone)
            return;
        this._isDone = true;
        if (this._generator === null)
            return;

        try {
            const {done} = this._generator.throw(thread.get_error());
            if (!done) {
                warn(thread, 'yielded after it had ended: what follows that yield is not run');
                this._generator.return();
            }
        } catch (exception) {
            reportLate(thread, exception);
        }
    }
}

function startSlices(manager, func, name, setUp) {
    const slices = new Slices(func);
    const thread = manager.do_sliced(name, job => slices.step(job));
    setUp(thread);
    const handler = thread.connect('notify::execution-state', job => {
        if (job.execution_state < Thr.ExecutionState.RETURNED)
            return;
        job.disconnect(handler);
        slices.end(job);
    });
    return thread;
}

// ---- async functions ----

function fail(thread, exception) {
    own(thread).exception = exception;
    thread.return_error(toError(exception));
}

async function follow(thread, func) {
    try {
        const value = await func(thread);
        if (!isOver(thread))
            returnValue(thread, value);
    } catch (exception) {
        if (isOver(thread))
            reportLate(thread, exception);
        else
            fail(thread, exception);
    }
}

function startAsync(manager, func, name, setUp) {
    const thread = manager.do_manual(name);
    setUp(thread);
    // It has ended where the manager is stopped.
    if (!isOver(thread))
        follow(thread, func);
    return thread;
}

// ---- what is public ----

const STARTERS = {
    '[object GeneratorFunction]': startSlices,
    '[object AsyncFunction]': startAsync,
};

// Also in the order of C: name, function.
function doAsync(...args) {
    const [name, func, options] = typeof args[0] === 'function' ? [undefined, ...args] : args;
    const start = STARTERS[Object.prototype.toString.call(func)];
    if (typeof func !== 'function') {
        const given = args.length > 1 ? func : args[0];
        throw new TypeError(`do_async() takes a generator (function*) or an async function, not ${given}`);
    }
    if (start === undefined)
        throw refuse('do_async()');

    checkOptions(options ?? {}, ['name', 'priority', 'onSuccess', 'onFail', 'onEnd'], 'do_async()');
    const {onSuccess = null, onFail = null, onEnd = null, priority = 0, name: given = null} = options ?? {};
    for (const [option, callback] of Object.entries({onSuccess, onFail, onEnd})) {
        if (callback !== null)
            checkFunction(callback, `do_async(), ${option}`);
    }
    if (!Number.isInteger(priority) || priority !== (priority | 0))
        throw new TypeError(`do_async(), priority takes an integer of 32 bits, not ${toText(priority)}`);

    // Before the function is called, which can end the job and run a main loop.
    return start(this, func, name ?? given ?? (func.name || null), thread => {
        thread.priority = priority;
        thread.set_on_success(onSuccess);
        thread.set_on_fail(onFail);
        thread.set_on_end(onEnd);
    });
}

function checkpointAsync() {
    return new Promise((resolve, reject) => {
        const handlers = [];
        // A job that was ended while it was paused stays so.
        const isHeld = () => this.paused && !isOver(this);
        const look = () => {
            try {
                this.checkpoint();
                if (isHeld())
                    return;
                resolve(true);
            } catch (error) {
                reject(error);
            }
            handlers.splice(0).forEach(handler => this.disconnect(handler));
        };
        look();
        // A cancelled job is not paused any more.
        if (isHeld())
            handlers.push(this.connect('notify::paused', look), this.connect('notify::execution-state', look));
    });
}

function statuses() {
    const queue = new Queue();
    const cancellable = new Gio.Cancellable();
    const [wasSet, known] = getStatus(this);
    let mayCome = wasSet;
    const handler = this.connect('notify::status', () => {
        const status = getStatus(this)[1];
        // What was set just before is still to be notified.
        if (!mayCome || !Object.is(status, known))
            queue.push(status);
        mayCome = false;
    });

    // A loop that is left early has not taken the failure of the job.
    queue.close = () => {
        this.disconnect(handler);
        cancellable.cancel();
    };
    if (wasSet)
        queue.push(known);
    this.wait_async(cancellable).then(() => queue.finish(), error => queue.finish(error));
    return queue;
}

function overrideWrapper(proto) {
    raw = Object.fromEntries(['return_value', 'get_result', 'set_status', 'get_status', 'set_on_success',
        'set_on_fail'].map(name => [name, proto[name]]));

    proto.return_value = function (value) {
        return returnValue(this, value);
    };
    proto.get_result = function () {
        return resultOf(this, raw.get_result.call(this));
    };
    proto.set_status = function (value) {
        setStatus(this, value);
    };
    proto.get_status = function () {
        return getStatus(this);
    };
    Object.defineProperties(proto, {
        result: {
            get() {
                return this.get_result();
            },
            configurable: true,
        },
        status: {
            get() {
                return getStatus(this)[1];
            },
            set(value) {
                setStatus(this, value);
            },
            configurable: true,
        },
    });
    proto.set_on_success = function (func) {
        if (func !== null)
            checkFunction(func, 'set_on_success()');
        raw.set_on_success.call(this, func && ((thread, value) => func(thread, resultOf(thread, value))));
    };
    proto.set_on_fail = function (func) {
        if (func !== null)
            checkFunction(func, 'set_on_fail()');
        raw.set_on_fail.call(this, func && ((thread, error) => func(thread, withCause(thread, error))));
    };
    proto.checkpoint_async = checkpointAsync;
    proto.statuses = statuses;
}

function install(namespace) {
    Thr = namespace;
    overrideWrapper(Thr.ThreadWrapper.prototype);
    Thr.ThreadManager.prototype.do_async = doAsync;
    // Each step would make another generator, or promise, and never be done.
    const doSliced = Thr.ThreadManager.prototype.do_sliced;
    Thr.ThreadManager.prototype.do_sliced = function (name, func) {
        if (STARTERS[Object.prototype.toString.call(func)] !== undefined)
            throw new TypeError('do_sliced() takes a plain function, which is one step: give this one to do_async()');
        checkFunction(func, 'do_sliced()');
        return doSliced.call(this, name, thread => {
            const again = func(thread);
            if (isPromise(again))
                throw new TypeError('A step cannot wait for a promise: give an async function to do_async()');
            return again;
        });
    };

    promisify(Thr.ThreadWrapper.prototype, 'wait_async', 'wait_finish', {convert: resultOf, fail: withCause});
    promisify(Thr.ThreadManager.prototype, 'wait_idle_async', 'wait_idle_finish');
    promisify(Thr.ThreadManager.prototype, 'shutdown_async', 'shutdown_finish');

    // The result of such a job is packed as all values of the thimble are.
    const callThread = Thr.Thimble.prototype.call_thread;
    Thr.Thimble.prototype.call_thread = function (name, args = []) {
        const thread = callThread.call(this, name, toValues(args ?? [], name));
        own(thread).packed = this.pack_values;
        return thread;
    };
}
