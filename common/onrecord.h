/* common/onrecord.h - libonrecord: what a program needs to read and verify records without Kafka and without the model.
 *
 * Link with `pkg-config --cflags --libs --static onrecord`. How to use it: docs/subscriber.md, docs/examples/verify.c.
 */
#ifndef ONR_ONRECORD_H
#define ONR_ONRECORD_H

#include "common/base/file.h"
#include "common/event/codec.h"
#include "common/stmtlog/head.h"
#include "common/stmtlog/keylog.h"
#include "common/stmtlog/range.h"
#include "common/stmtlog/record_check.h"
#include "common/stmtlog/trust.h"

#endif
