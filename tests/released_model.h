/* tests/released_model.h - the model that the tests classify with. Tests run in the root of the source tree. */
#ifndef ONR_TESTS_RELEASED_MODEL_H
#define ONR_TESTS_RELEASED_MODEL_H

#define RELEASED_MODEL "model/onrecord-en.model"

#endif
