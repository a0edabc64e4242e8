/* tests/event_zoo.h - a schema with every Avro type, and one datum of it. */
#ifndef ONR_TESTS_EVENT_ZOO_H
#define ONR_TESTS_EVENT_ZOO_H

/* Every type there is, nested in one another. */
static const char zoo[]
    = "{\"type\":\"record\",\"name\":\"Zoo\",\"fields\":["
      "{\"name\":\"n\",\"type\":\"null\"},{\"name\":\"b\",\"type\":\"boolean\"},"
      "{\"name\":\"i\",\"type\":\"int\"},{\"name\":\"l\",\"type\":\"long\"},"
      "{\"name\":\"f\",\"type\":\"float\"},{\"name\":\"d\",\"type\":\"double\"},"
      "{\"name\":\"x\",\"type\":\"bytes\"},{\"name\":\"s\",\"type\":\"string\"},"
      "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\",\"b\",\"c\"]}}"
      ","
      "{\"name\":\"h\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}},"
      "{\"name\":\"u\",\"type\":[\"null\",\"long\",\"string\",{\"type\":\"array\",\"items\":\"F\"}]"
      "},"
      "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":\"int\"}"
      "}},"
      "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"In\","
      "\"fields\":[{\"name\":\"p\",\"type\":[\"null\",\"E\"]},{\"name\":\"q\",\"type\":\"string\"}]"
      "}}}"
      "]}";

/* One good datum: all fields short, two items in each list. */
static const char zoo_bytes[] = "\x01\x54\x85\x80\x02" /* b i l */
                                "\1\2\3\4\1\2\3\4\5\6\7\x08"
                                "\x04\xff\x00\x06h\xc3\xa9" /* x s */
                                "\x02"
                                "abc" /* e h */
                                "\x06\x04"
                                "abcdef"
                                "\x00"                            /* u: two fixed */
                                "\x02\x02k\x04\x02\x04\x00\x00"   /* m */
                                "\x04\x00\x02y\x02\x04\x02z\x00"; /* a */

#endif
