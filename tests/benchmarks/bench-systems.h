/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BenchTask BenchTask;

/* What is run: the same in every system. It may stand at the head of a larger
 * struct, and any number of tasks may be one and the same BenchTask. */
struct _BenchTask
{
  gint64 (*work) (BenchTask *task); /* on a thread of the system */
  void   (*done) (BenchTask *task); /* in the main loop */
  int      priority;
};

/* A way to run a task in the background and to hear of its end in the main
 * loop. Only one system of a kind is open at a time. */
typedef struct
{
  const char *name;
  void      (*open)   (guint      n_threads);
  void      (*submit) (BenchTask *task);
  void      (*close)  (void);
} BenchSystem;

extern const BenchSystem bench_thr;          /* a job with on_success */
extern const BenchSystem bench_thr_prepared; /* made, given a priority, submitted */
extern const BenchSystem bench_thr_watched;  /* with a notify::execution-state handler */
extern const BenchSystem bench_thr_light;    /* without a handle */

extern const BenchSystem bench_gtask;
extern const BenchSystem bench_pool;         /* GThreadPool + g_main_context_invoke () */
extern const BenchSystem bench_pool_idle;    /* GThreadPool + g_idle_add () */
extern const BenchSystem bench_pool_sorted;  /* GThreadPool with a sort function */

G_END_DECLS
