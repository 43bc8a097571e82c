#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// thumbnails.js FOLDER [OUTPUT]: a thumbnail of each picture in a folder, made by
// GdkPixbuf in threads: it loads and scales in Thr.call(), and saves through a
// thimble. Without OUTPUT nothing is saved.

import GdkPixbuf from 'gi://GdkPixbuf?version=2.0';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

const SIZE = 128;
const PICTURE = /\.(png|jpe?g|gif|svg|webp|bmp|tiff?)$/i;

async function makeThumbnail(path, output) {
    const pixbuf = await Thr.call('GdkPixbuf.Pixbuf.new_from_file_at_scale', path, SIZE, SIZE, true);
    if (output !== undefined) {
        const name = `${GLib.path_get_basename(path)}.png`;
        await new Thr.Thimble(pixbuf).savev(GLib.build_filenamev([output, name]), 'png', [], []);
    }
    return pixbuf;
}

async function listPictures(folder) {
    const children = await new Thr.Thimble(Gio.File.new_for_path(folder))
        .enumerate_children('standard::name', Gio.FileQueryInfoFlags.NONE, null);
    const names = [...children].map(info => info.get_name());
    return names.filter(name => PICTURE.test(name)).sort().map(name => GLib.build_filenamev([folder, name]));
}

async function main() {
    const [folder, output] = ARGV;
    if (folder === undefined) {
        printerr('Usage: thumbnails.js FOLDER [OUTPUT]');
        return 2;
    }

    let nFailed = 0;
    const paths = await listPictures(folder);
    // All at once: the manager runs as many as its thread limit says.
    await Promise.all(paths.map(async path => {
        try {
            const pixbuf = await makeThumbnail(path, output);
            print(`${path}: ${pixbuf.get_width()} × ${pixbuf.get_height()}`);
        } catch (error) {
            nFailed++;
            printerr(`${path}: ${error.message}`);
        }
    }));
    print(`${paths.length - nFailed} thumbnails, GdkPixbuf ${GdkPixbuf.PIXBUF_VERSION}.`);
    return nFailed === 0 ? 0 : 1;
}

const loop = new GLib.MainLoop(null, false);
let status = 1;
main().then(code => (status = code), logError).finally(() => loop.quit());
loop.run();
System.exit(status);
