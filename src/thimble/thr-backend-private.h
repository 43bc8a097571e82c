/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the thimbles want of introspection, without a word of it: the library
 * itself never links girepository, of which there are two that abort when both
 * are in one process. A module, loaded at the first use and never unloaded,
 * links one of them and gives this table of functions.
 *
 * All sentences of the errors are translated, name the method and the argument,
 * and are of THR_ERROR, save those that the called method gives itself. */

/* Grows with every change of what stands below. */
#define THR_BACKEND_VERSION 2

/* The one symbol of the module, and what is behind it. */
#define THR_BACKEND_SYMBOL "thr_backend_get"

/* Set, it names the folder that the module is looked for in: for a library that
 * is not installed. */
#define THR_BACKEND_PATH_VARIABLE "THR_BACKEND_PATH"

/* A method as its metadata describes it: made once, immutable, never freed; for
 * any thread. */
typedef struct _ThrPlan ThrPlan;

/* One call: the converted arguments, later the results. */
typedef struct _ThrCallData ThrCallData;

/* Called on the thread of thr_backend.invoke(). */
typedef void (*ThrBackendProgressFunc) (double   fraction,
                                        gpointer data);

typedef struct
{
  guint version;    /* THR_BACKEND_VERSION */
  const char *name; /* "girepository-1.0" or "girepository-2.0" */

  /* All of these may be called from any thread, also at once, unless it says
   * otherwise; none calls code of the user, save invoke(). */

  /* Loads a typelib, of whatever version is installed if VERSION is NULL. It is
   * never forgotten. */
  gboolean (*require) (const char *namespace_,
                       const char *version,
                       GError    **error);

  /* The method NAME of objects of TYPE, its parents or its interfaces; a typelib
   * is loaded if one is found that describes them. The second look at a method
   * asks introspection no more.
   *
   * NULL with THR_ERROR_NO_SUCH_METHOD: there is none (and this one is like it),
   * or nothing describes TYPE; with THR_ERROR_NOT_SUPPORTED: there is, but it
   * cannot be called by name, since …, and this is what can be done. */
  const ThrPlan *(*find_method) (GType       type,
                                 const char *name,
                                 GError    **error);

  /* The same for a function or a constructor: "GLib.file_get_contents",
   * "GdkPixbuf.Pixbuf.new_from_file". */
  const ThrPlan *(*find_function) (const char *path,
                                   GError    **error);

  /* The names of all methods that find_method() knows, refused ones included,
   * each once, sorted; NULL-terminated, for g_strfreev(). */
  char **(*list_methods) (GType    type,
                          GError **error);

  /* "Gio.File.load_contents": for the name of a job. The plan's own. */
  const char *(*get_name) (const ThrPlan *plan);

  /* Checks and converts all arguments, or says which one is wrong and why
   * (THR_ERROR_INVALID_ARGUMENT); runs nothing. On the caller's thread.
   *
   * TARGET is what the method is called on, NULL for functions; a reference is
   * kept. ARGS are the in and inout arguments in their order, without the
   * lengths of arrays, and without a cancellable or a progress callback, which
   * come from CANCELLABLE (a reference is kept) and PROGRESS; a cancellable may
   * still be given in its place. They are copied where needed and may go after
   * this. All are nullable where the arguments say so: ARGS if N_ARGS is 0. */
  ThrCallData *(*prepare) (const ThrPlan         *plan,
                           GObject               *target,
                           const GValue          *args,
                           guint                  n_args,
                           GCancellable          *cancellable,
                           ThrBackendProgressFunc progress,
                           gpointer               progress_data,
                           GError               **error);

  /* Calls the method: on any thread, once. FALSE with the error of the method,
   * untouched, or, seldom, THR_ERROR_FAILED: its results were not to be read. */
  gboolean (*invoke) (ThrCallData *call,
                      GError     **error);

  /* After invoke() gave TRUE: the return value (unless there is none, or it is
   * the gboolean of a method that throws), then the out and inout arguments, in
   * their order, without the lengths of arrays. The call's own, until free(). */
  const GValue *(*results) (ThrCallData *call,
                            guint       *n_results);

  /* Whether a result is declared as a container: where it is a GVariant, the
   * method gave a list or a table, and not a GVariant. */
  gboolean (*is_container) (const ThrCallData *call,
                            guint              result);

  /* Lets go of target, arguments and results: on the thread where they are to
   * be released; whether it was invoked or not. NULL is none. */
  void (*free) (ThrCallData *call);
} ThrBackend;

typedef const ThrBackend *(*ThrBackendGetFunc) (void);

G_END_DECLS
