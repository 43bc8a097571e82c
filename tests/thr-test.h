/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <thr-glib/thr-glib.h>

G_BEGIN_DECLS

/* Under valgrind, or with THR_TEST_QUICK=1, the large counts are reduced and
 * the deadlines are longer; with a THR_SCHEDULE_SEED the deadlines are. */
guint  thr_test_scale    (guint full,
                          guint quick);
gint64 thr_test_deadline (void);

/* Whether memcheck or a sanitizer looks after the memory: it wants the addresses for
 * itself, and sees what other libraries lose. */
gboolean thr_test_is_watched (void);

/* Says that something is left out, since this system lacks what it needs. With
 * THR_TEST_ALL=1, where all of it was installed, that is a failure. */
void   thr_test_skip     (const char *why);

/* How many threads the process has. */
guint thr_test_count_threads (void);

/* A gate is closed until somebody opens it; waiting for one that nobody opens
 * fails the test. Static storage or THR_TEST_GATE_INIT makes one. */
typedef struct
{
  GMutex mutex;
  GCond cond;
  gboolean opened;
} ThrTestGate;

#define THR_TEST_GATE_INIT { 0 }

void     thr_test_gate_open     (ThrTestGate *gate);
void     thr_test_gate_close    (ThrTestGate *gate);
gboolean thr_test_gate_is_open  (ThrTestGate *gate);
void     thr_test_gate_wait     (ThrTestGate *gate);
void     thr_test_gate_clear    (ThrTestGate *gate);

/* Iterates this thread's default context until the condition holds.
 *
 * run_until wakes up for what happens in the context only, so that a wake-up
 * that the library forgot shows: the condition has to be made true there.
 * poll_until looks again every few milliseconds: for what other threads do. */
typedef struct
{
  GMainContext *context;
  GSource *alarm;
  GSource *tick;
} ThrTestLoop;

void thr_test_loop_begin   (ThrTestLoop *loop,
                            gboolean     poll,
                            const char  *file,
                            int          line,
                            const char  *condition);
void thr_test_loop_iterate (ThrTestLoop *loop);
void thr_test_loop_end     (ThrTestLoop *loop);

#define _THR_TEST_LOOP(poll, ...)                                                \
  G_STMT_START                                                                   \
  {                                                                              \
    ThrTestLoop _loop;                                                           \
    thr_test_loop_begin (&_loop, poll, __FILE__, __LINE__, #__VA_ARGS__);        \
    while (!(__VA_ARGS__))                                                       \
      thr_test_loop_iterate (&_loop);                                            \
    thr_test_loop_end (&_loop);                                                  \
  }                                                                              \
  G_STMT_END
#define thr_test_run_until(...) _THR_TEST_LOOP (FALSE, __VA_ARGS__)
#define thr_test_poll_until(...) _THR_TEST_LOOP (TRUE, __VA_ARGS__)

/* Blocks, iterating nothing, until the condition holds. */
#define thr_test_block_until(...)                                                \
  G_STMT_START                                                                   \
  {                                                                              \
    gint64 _until = g_get_monotonic_time () + thr_test_deadline ();              \
    while (!(__VA_ARGS__))                                                       \
      {                                                                          \
        if (g_get_monotonic_time () > _until)                                    \
          g_error ("%s:%d: still not so: %s", __FILE__, __LINE__, #__VA_ARGS__); \
        g_thread_yield ();                                                       \
      }                                                                          \
  }                                                                              \
  G_STMT_END

/* Iterates without waiting until nothing is pending. */
void thr_test_drain (void);

/* Iterates until CLOSED is announced. To be called before the context was
 * iterated with the job at its end: what was announced is not announced again
 * (and what the property reads is no proof that it was). */
void thr_test_run_until_closed (ThrThreadWrapper *thread);

/* Like g_assert_finalize_object(), for what another thread may hold for one
 * moment more: iterates until it is gone. */
void thr_test_finalize_soon (gpointer object);

/* Writes down what is announced, one word each ("RUNNING RETURNED FINISHING
 * CLOSED"), and asserts that all of it comes on the thread that made it. */
typedef struct _ThrTestRecorder ThrTestRecorder;

ThrTestRecorder *thr_test_recorder_new             (ThrThreadWrapper *thread);
ThrTestRecorder *thr_test_recorder_ref             (ThrTestRecorder  *self);
void             thr_test_recorder_unref           (ThrTestRecorder  *self);
/* Adds "succeeded", "failed" and "ended". */
void             thr_test_recorder_watch_signals   (ThrTestRecorder  *self,
                                                    ThrThreadWrapper *thread);
/* Adds "on_success", "on_fail" and "on_end". */
void             thr_test_recorder_watch_callbacks (ThrTestRecorder  *self,
                                                    ThrThreadWrapper *thread);
void             thr_test_recorder_add             (ThrTestRecorder  *self,
                                                    const char       *word);
const char      *thr_test_recorder_get             (ThrTestRecorder  *self);
gboolean         thr_test_recorder_is_closed       (ThrTestRecorder  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ThrTestRecorder, thr_test_recorder_unref)

/* Counts what is taken down, and how much of it away from home (the thread
 * that called init). Read with thr_test_home_n_…(). */
typedef struct
{
  GThread *thread;
  int n_disposed;
  int n_finalized;
  int n_destroyed;
  int n_away;
} ThrTestHome;

void thr_test_home_init        (ThrTestHome *self);
void thr_test_home_watch       (ThrTestHome *self,
                                gpointer     object);
/* A GDestroyNotify whose data is the ThrTestHome itself. */
void thr_test_home_destroy     (gpointer     self);
int  thr_test_home_n_disposed  (ThrTestHome *self);
int  thr_test_home_n_finalized (ThrTestHome *self);
int  thr_test_home_n_destroyed (ThrTestHome *self);
int  thr_test_home_n_away      (ThrTestHome *self);

/* A manager whose only thread is taken by a job that waits at a gate: what is
 * submitted to it stays queued until thr_test_busy_open(). */
typedef struct
{
  ThrThreadManager *manager;
  ThrThreadWrapper *blocker;
  ThrTestRecorder *recorder;
  ThrTestGate entered;
  ThrTestGate leave;
} ThrTestBusy;

void thr_test_busy_init  (ThrTestBusy *self);
void thr_test_busy_open  (ThrTestBusy *self);
/* Opens it, runs until the blocker is closed, asserts that both are freed. */
void thr_test_busy_clear (ThrTestBusy *self);

/* Job functions. The data of the first three is not looked at, unless said. */
gboolean thr_test_job_return     (ThrThreadWrapper *thread,
                                  gpointer          user_data,
                                  GError          **error);
/* Returns the int64 GPOINTER_TO_INT (user_data). */
gboolean thr_test_job_return_int (ThrThreadWrapper *thread,
                                  gpointer          user_data,
                                  GError          **error);
/* Fails with G_IO_ERROR_NOT_FOUND, "no such thing". */
gboolean thr_test_job_fail       (ThrThreadWrapper *thread,
                                  gpointer          user_data,
                                  GError          **error);
/* Waits for the ThrTestGate that is its data, without checkpoints. */
gboolean thr_test_job_gate       (ThrThreadWrapper *thread,
                                  gpointer          user_data,
                                  GError          **error);
/* Opens the gate that is its data, then loops until checkpoint says no. */
gboolean thr_test_job_spin       (ThrThreadWrapper *thread,
                                  gpointer          user_data,
                                  GError          **error);

G_END_DECLS
