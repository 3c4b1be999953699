package broker

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane/types"
)

const (
	// awsPage is the length of the longest page of a list.
	awsPage = 200
	// awsVainPages is how many pages in a row may bring no new topic.
	awsVainPages = 10
	// awsListTime and awsListBytes bound a list as a whole: at the default quota an hour is enough for
	// seven million messages, and an account has half a million unless its quota is raised.
	awsListTime  = time.Hour
	awsListBytes = 512 << 20
	awsRowBytes  = 64 // of a row, without its topic
)

// awsListing goes through the pages of a list. It ends with an error if the pages bring nothing new any
// more, or more than an account can hold: a list that only repeats itself has no end.
type awsListing struct {
	target *awsIoT
	next   *string
	ended  bool

	until  time.Time
	tokens map[string]bool // that led to a page
	topics map[string]bool
	bytes  int
	vain   int // pages in a row without a new topic
}

func newListing(t *awsIoT) *awsListing {
	return &awsListing{target: t, until: time.Now().Add(awsListTime), tokens: make(map[string]bool), topics: make(map[string]bool)}
}

// page returns the rows of the next page whose topics no earlier page had.
func (l *awsListing) page(ctx context.Context) ([]types.RetainedMessageSummary, error) {
	t := l.target
	try := t.attempts(ctx, t.listing)
	out, err := t.client.ListRetainedMessages(ctx, &iotdataplane.ListRetainedMessagesInput{
		MaxResults: aws.Int32(awsPage), NextToken: l.next,
	}, try.option)
	if err == nil {
		err = checkPage(out)
	}
	var rows []types.RetainedMessageSummary
	if err == nil {
		rows = l.fresh(out.RetainedTopics)
		err = l.proceed(aws.ToString(out.NextToken), len(rows) > 0)
	}
	return rows, t.explain(awsList, "", try, err)
}

// fresh returns the rows whose topics are new.
func (l *awsListing) fresh(page []types.RetainedMessageSummary) (rows []types.RetainedMessageSummary) {
	for _, row := range page {
		if topic := *row.Topic; !l.topics[topic] {
			l.topics[topic] = true
			l.bytes += len(topic) + awsRowBytes
			rows = append(rows, row)
		}
	}
	return rows
}

// proceed moves on to the page to which a token leads. Without one the list has ended.
func (l *awsListing) proceed(token string, brought bool) error {
	if l.ended = token == ""; l.ended {
		return nil
	}
	if l.vain++; brought {
		l.vain = 0
	}
	l.bytes += len(token) + awsRowBytes
	switch {
	case l.tokens[token]:
		return odd("with a list that leads back to a page that it had: the same nextToken came again")
	case l.vain >= awsVainPages:
		return odd("with a list of which %d pages in a row had no new topic", l.vain)
	case l.bytes > awsListBytes:
		return odd("with a list of more than %d MiB", awsListBytes>>20)
	case time.Now().After(l.until):
		return odd("with a list that did not end within %s", awsListTime)
	}
	l.tokens[token] = true
	l.next = &token
	return nil
}
