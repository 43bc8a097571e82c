/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* See thr-cell-private.h. */
typedef enum
{
  THR_CELL_JOB,
  THR_CELL_EVENT,
  THR_N_CELLS,
} ThrCellKind;

/* What the library knows of the calling thread. */
typedef struct
{
  /* The owner of the job that it runs, see thr_dispatcher_set_current(). */
  struct _ThrDispatcher *owner;
  /* The dispatcher that delivers on it: its context is owned here. */
  struct _ThrDispatcher *delivering;
  struct _ThrFrame *top_frame;      /* the jobs that it runs */
  struct _ThrDelivery *deliveries;  /* the managers it delivers for */
  struct _ThrBatch *batch;          /* of the dispatch that is on its stack */
  struct _ThrBlock *blocks[THR_N_CELLS]; /* it allocates cells from these, or NULL */
  struct _ThrWorkerFrame *worker_frame; /* the workers that run on it */
  int is_main;                      /* 1, or -1 if it is not; 0 = not asked yet */
} ThrLocal;

/* glibc finds room for a few words even when the library is loaded late. */
#ifdef __GLIBC__
#define THR_TLS_MODEL __attribute__ ((tls_model ("initial-exec"), visibility ("hidden")))
#else
#define THR_TLS_MODEL __attribute__ ((visibility ("hidden")))
#endif
extern __thread ThrLocal thr_local THR_TLS_MODEL;

/* In a loop that waits for another thread without giving the processor away. */
static inline void
thr_relax (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ __volatile__ ("yield");
#endif
}

G_END_DECLS
