#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// checksum.js DIR: the SHA-256 of every regular file below a folder, as sha256sum
// prints it, sorted by path; the same as examples/c/checksum prints.
//
// All that blocks is native and runs in threads: folders and files are read
// through thimbles, and hashed by Thr.call(). JavaScript only says what is next.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

// How many files are read and hashed at a time.
const N_AT_A_TIME = GLib.get_num_processors();
const BATCH = 100;
const NO_FOLLOW = Gio.FileQueryInfoFlags.NOFOLLOW_SYMLINKS;
const EXIT_USAGE = 2;

let hasFailed = false;

// The names on the lines of sha256sum.
function escape(path) {
    const escaped = path.replace(/[\\\n\r]/g, c => ({'\\': '\\\\', '\n': '\\n', '\r': '\\r'})[c]);
    return [escaped === path ? '' : '\\', escaped];
}

function complain(path, error) {
    hasFailed = true;
    printerr(`checksum: ${escape(path)[1]}: ${error.message}`);
}

// The paths of the regular files below a folder, in no order.
async function* walk(path) {
    const folder = new Thr.Thimble(Gio.File.new_for_path(path));
    const children = new Thr.Thimble(await folder.enumerate_children('standard::name,standard::type', NO_FOLLOW,
        null));

    while (true) {
        const infos = [];
        for (let info; infos.length < BATCH && (info = await children.next_file(null)) !== null;)
            infos.push(info);
        for (const info of infos) {
            const child = `${path.replace(/\/$/, '')}/${info.get_name()}`;
            if (info.get_file_type() === Gio.FileType.REGULAR)
                yield child;
            else if (info.get_file_type() === Gio.FileType.DIRECTORY)
                yield* walkOrComplain(child);
        }
        if (infos.length < BATCH)
            break;
    }
    await children.close(null);
}

async function* walkOrComplain(path) {
    try {
        yield* walk(path);
    } catch (error) {
        complain(path, error);
    }
}

async function hash(path) {
    const [bytes] = await new Thr.Thimble(Gio.File.new_for_path(path)).load_contents(null);
    return Thr.call('GLib.compute_checksum_for_bytes', GLib.ChecksumType.SHA256, bytes);
}

// Some at a time; each is printed when its turn has come.
async function printAll(paths) {
    const lines = [];
    let next = 0, nPrinted = 0;

    async function takeTurns() {
        while (next < paths.length) {
            const i = next++;
            try {
                const [backslash, escaped] = escape(paths[i]);
                lines[i] = `${backslash}${await hash(paths[i])}  ${escaped}`;
            } catch (error) {
                lines[i] = null;
                complain(paths[i], error);
            }
            for (; lines[nPrinted] !== undefined; delete lines[nPrinted++]) {
                if (lines[nPrinted] !== null)
                    print(lines[nPrinted]);
            }
        }
    }

    await Promise.all(Array.from({length: N_AT_A_TIME}, takeTurns));
}

async function main() {
    const [folder = '/usr/share'] = ARGV;
    const paths = [];

    try {
        for await (const path of walk(folder))
            paths.push(path);
    } catch (error) {
        printerr(`checksum: cannot read the folder “${folder}”: ${error.message}`);
        return EXIT_USAGE;
    }
    await printAll(paths.sort((a, b) => GLib.strcmp0(a, b)));
    return hasFailed ? 1 : 0;
}

const loop = new GLib.MainLoop(null, false);
let status = 1;
main().then(code => (status = code), logError).finally(() => loop.quit());
loop.run();
System.exit(status);
