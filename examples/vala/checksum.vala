// SPDX-License-Identifier: LGPL-2.1-or-later

/* checksum: the SHA-256 of every regular file below a folder, as sha256sum
 * prints it, sorted by path.
 *
 * Each file is one job of a Thr.ThreadManager. The jobs open, read and hash on
 * background threads; all else happens on the main thread, in one coroutine, which
 * waits for the jobs in the order of the paths.
 */

const int MAX_JOBS = 1024;
// For each thread: how many jobs are under way, so that no thread is ever without one.
const int WINDOW = 64;

const int EXIT_USAGE = 2;
const int EXIT_INTERRUPTED = 130;

class Checksum : Object {
    Thr.ThreadManager manager = new Thr.ThreadManager ();
    Cancellable cancellable = new Cancellable ();
    int n_done;
    int n_unreadable;
    bool interrupted;
    string? write_error;

    public Checksum (int n_threads) {
        manager.thread_limit = n_threads;
    }

    // sha256sum escapes what would break the line.
    static string escape (string path) {
        var name = string.joinv ("\\\\", path.split ("\\"));
        name = string.joinv ("\\n", name.split ("\n"));
        return string.joinv ("\\r", name.split ("\r"));
    }

    // On background threads: these three.

    static string hash (string path, Thr.ThreadWrapper thread) throws Error {
        var file = FileStream.open (path, "r");
        var sha256 = new GLib.Checksum (ChecksumType.SHA256);
        uint8 piece[65536];

        while (file != null && !file.eof ()) {
            thread.checkpoint ();
            var length = file.read (piece);
            if (file.error () != 0)
                break;
            sha256.update (piece, length);
        }
        if (file == null || file.error () != 0)
            throw new FileError.FAILED (strerror (errno));
        return sha256.get_string ();
    }

    // The name of a folder carries its slash, and so is sorted as in whole paths.
    static GenericArray<string> list (string folder) throws FileError {
        var names = new GenericArray<string> ();
        var dir = Posix.opendir (folder);
        unowned Posix.DirEnt? entry;

        if (dir == null)
            throw new FileError.FAILED (strerror (errno));
        while ((entry = Posix.readdir (dir)) != null) {
            unowned var name = (string) entry.d_name;
            var info = Posix.Stat ();

            if (name == "." || name == ".." || Posix.lstat (folder + "/" + name, out info) != 0)
                continue;
            if (Posix.S_ISREG (info.st_mode))
                names.add (name);
            else if (Posix.S_ISDIR (info.st_mode))
                names.add (name + "/");
        }
        names.sort (strcmp);
        return names;
    }

    void walk (string folder, GenericArray<string> paths, Thr.ThreadWrapper thread) throws Error {
        thread.checkpoint ();
        try {
            foreach (unowned var name in list (folder)) {
                if (name.has_suffix ("/"))
                    walk (folder + name, paths, thread);
                else
                    paths.add (folder + name);
            }
        } catch (FileError e) {
            var reason = e.message;
            // Only the main thread prints and counts.
            Thr.invoke_owner (() => report (folder.substring (0, folder.length - 1), reason));
        }
    }

    // On the main thread: all the rest.

    void report (string path, string reason) {
        stderr.printf ("checksum: %s: %s\n", escape (path), reason);
        n_unreadable++;
    }

    void print (string path, string digest) {
        var name = escape (path);

        // A line with an escaped name begins with a backslash.
        stdout.printf ("%s%s  %s\n", name != path ? "\\" : "", digest, name);
        check_output ();
        n_done++;
    }

    void check_output () {
        if (stdout.error () != 0 && write_error == null) {
            write_error = strerror (errno);
            cancellable.cancel ();
        }
    }

    Thr.ThreadWrapper submit (string name, owned Thr.ThrThreadFunc func) throws Error {
        var job = new Thr.ThreadWrapper (name, (owned) func);

        job.follow_cancellable (cancellable);
        manager.submit (job);
        return job;
    }

    async void hash_all (string folder) throws Error {
        var paths = new GenericArray<string> ();
        var jobs = new Queue<Thr.ThreadWrapper> ();

        yield submit ("find files", (thread) => {
            walk (folder.has_suffix ("/") ? folder : folder + "/", paths, thread);
            return true;
        }).wait_async ();

        for (var next = 0; next < paths.length || !jobs.is_empty ();) {
            while (next < paths.length && jobs.length < WINDOW * manager.thread_limit) {
                var path = paths[next++];
                jobs.push_tail (submit (path, (thread) => thread.return_string (hash (path, thread))));
            }

            var job = jobs.pop_head ();
            try {
                var digest = yield job.wait_async ();
                print (job.name, digest.get_string ());
            } catch (FileError e) {
                report (job.name, e.message);
            }
        }
    }

    public int run (string folder) {
        var loop = new MainLoop ();

        Unix.signal_add (Posix.Signal.INT, () => {
            interrupted = true;
            cancellable.cancel ();
            // From now on Ctrl-C is what it was before us.
            return Source.REMOVE;
        });
        hash_all.begin (folder, (_, result) => {
            try {
                hash_all.end (result);
            } catch (IOError.CANCELLED e) {
                // It is said below, why.
            } catch (Error e) {
                error ("%s", e.message);
            }
            loop.quit ();
        });
        loop.run ();

        stdout.flush ();
        check_output ();
        return tell_outcome ();
    }

    int tell_outcome () {
        if (write_error != null)
            stderr.printf ("checksum: cannot write the list: %s\n", write_error);
        if (n_unreadable > 0)
            stderr.printf ("checksum: could not read %d %s\n", n_unreadable,
                           n_unreadable == 1 ? "file or folder" : "files or folders");
        if (!interrupted)
            return write_error != null || n_unreadable > 0 ? 1 : 0;
        stderr.printf ("checksum: interrupted; %d files were done\n", n_done);
        return EXIT_INTERRUPTED;
    }

    public static void check_folder (string folder) throws OptionError {
        if (Posix.opendir (folder) == null)
            throw new OptionError.FAILED ("cannot read the folder “%s”: %s", folder, strerror (errno));
    }
}

int jobs;
[CCode (array_length = false, array_null_terminated = true)]
string[]? folders;

const OptionEntry[] ENTRIES = {
    { "jobs", 'j', 0, OptionArg.INT, ref jobs,
      "Hash so many files at a time (default: one for each processor)", "N" },
    { OPTION_REMAINING, 0, 0, OptionArg.FILENAME_ARRAY, ref folders, null, "[DIR]" },
    { null }
};

int main (string[] args) {
    var context = new OptionContext ();

    Intl.setlocale ();
    jobs = int.min ((int) get_num_processors (), MAX_JOBS);
    context.add_main_entries (ENTRIES, null);
    context.set_summary ("Prints the SHA-256 of every regular file below DIR (default /usr/share) as\n" +
                         "sha256sum does, sorted by path: “checksum DIR | sha256sum -c” checks them.");
    try {
        context.parse (ref args);
        if (jobs < 1 || jobs > MAX_JOBS)
            throw new OptionError.BAD_VALUE ("--jobs takes a number from 1 to %d, not %d", MAX_JOBS, jobs);
        if (folders != null && folders[1] != null)
            throw new OptionError.BAD_VALUE ("one DIR at a time, please");
        var folder = folders != null ? folders[0] : "/usr/share";
        Checksum.check_folder (folder);
        return new Checksum (jobs).run (folder);
    } catch (OptionError e) {
        stderr.printf ("checksum: %s (see --help)\n", e.message);
        return EXIT_USAGE;
    }
}
