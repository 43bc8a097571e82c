/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "threads/thr-job-private.h"

G_BEGIN_DECLS

/* At home: the job is over, or about to be freed. */
void thr_job_bonds_end (ThrThreadWrapper *self);

G_END_DECLS
