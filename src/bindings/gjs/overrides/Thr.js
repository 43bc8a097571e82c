// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported _init */

// What JavaScript has beyond the introspection data, by subject, in the folder thr.

const {events, jobs, refuse, thimble} = imports.overrides.thr;

function _init() {
    for (const part of [refuse, events, thimble, jobs])
        part.install(this);
}
